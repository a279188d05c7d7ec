"""Turn the specs of datasets into stages."""

from collections.abc import Mapping

from pydantic import JsonValue

from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import Stage
from ymir.plan.world import World
from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec
from ymir.spec.source import Source


def dataset_stages(catalogue: Catalogue, observed: Snapshot, world: World) -> dict[str, Stage]:
    """One stage per dataset; its settings are all that decides its content."""
    names = catalogue.labels.primary_names()
    return {
        spec.name: _imported(spec, spec.from_, names, observed, world)
        if spec.from_
        else _derived(spec)
        for spec in catalogue.datasets.values()
    }


def _imported(
    spec: DatasetSpec, source: Source, names: Mapping[str, str], observed: Snapshot, world: World
) -> Stage:
    """An import whose folder is not at hand, as in a fresh clone, is kept as it was recorded."""
    digest = world.sources.get(spec.name)
    return Stage(
        spec.name,
        "dataset",
        inputs=spec.inputs,
        settings={
            "from": source.model_dump(mode="json", exclude_defaults=True),
            "labels": dict(names),
            "then": _operations(spec),
        },
        digests={"source": digest} if digest else {},
        sealed=digest is None and spec.name in observed,
        obstacle=None if digest else f"the folder `{source.path}` does not exist",
    )


def _derived(spec: DatasetSpec) -> Stage:
    return Stage(
        spec.name,
        "dataset",
        inputs=spec.inputs,
        settings={
            "merge": list(spec.merge),
            "on_conflict": spec.on_conflict,
            "then": _operations(spec),
        },
    )


def _operations(spec: DatasetSpec) -> list[JsonValue]:
    """What is asked, without defaults: a new option must not make old recipes differ."""
    return [op.model_dump(mode="json", exclude_defaults=True) for op in spec.then]
