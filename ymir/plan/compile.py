"""Turn the specs of datasets into stages."""

from collections.abc import Mapping

from pydantic import JsonValue

from ymir.plan.relabel import corrections, with_corrections
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import Stage
from ymir.plan.world import UNREAD, World
from ymir.spec.catalogue import Catalogue
from ymir.spec.dataset import DatasetSpec
from ymir.spec.pins import dataset_of, is_pinned
from ymir.spec.source import Source


def dataset_stages(catalogue: Catalogue, observed: Snapshot, world: World) -> dict[str, Stage]:
    """One stage per dataset; its settings are all that decides its content."""
    names = catalogue.labels.primary_names()
    made = {
        spec.name: _imported(spec, spec.from_, names, observed, world)
        if spec.from_
        else _derived(spec)
        for spec in catalogue.datasets.values()
    }
    answers = corrections(observed)
    made = {n: with_corrections(each, answers.get(n, {}), observed) for n, each in made.items()}
    return made | {name: _pinned(name, observed) for name in _pins(catalogue)}


def _pins(catalogue: Catalogue) -> list[str]:
    """The versions that specs refer to, as `site-train@v2`, each once."""
    data = [project.data for project in catalogue.projects.values()]
    inputs = [spec.inputs for spec in catalogue.datasets.values()]
    used = [(*d.training, *d.validation, *d.testing, *d.mining) for d in data]
    return sorted({name for each in (*inputs, *used) for name in each if is_pinned(name)})


def _pinned(name: str, observed: Snapshot) -> Stage:
    """A version that exists never changes, whatever its spec says today; none can be made."""
    dataset = dataset_of(name)
    newest = observed.get(dataset)
    numbers = range(1, newest.number + 1 if newest else 1)
    versions = [f"v{number}" for number in numbers if f"{dataset}@v{number}" in observed]
    known = f"the versions are {', '.join(versions)}" if len(versions) > 1 else None
    known = known or (
        f"the only version is {versions[0]}" if versions else "there is no version yet"
    )
    return Stage(name, "dataset", sealed=True, obstacle=f"is not recorded; {known}")


def _imported(
    spec: DatasetSpec, source: Source, names: Mapping[str, str], observed: Snapshot, world: World
) -> Stage:
    """An import whose files nobody has looked at, as in a fresh clone, stays as it is recorded."""
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
        sealed=digest in (None, UNREAD) and spec.name in observed,
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
