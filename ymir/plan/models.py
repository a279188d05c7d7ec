"""Turn the specs of models into stages, and say which of them a project can start from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import Stage
from ymir.plan.world import World
from ymir.spec.catalogue import Catalogue
from ymir.spec.executor import ExecutorSpec
from ymir.spec.model import STARTS, ModelSpec
from ymir.spec.pins import dataset_of, is_pinned
from ymir.spec.project import ProjectSpec

MARK = "model:"  # before a model's name: a dataset may have the same


def model_name(stage: str) -> str | None:
    """The model that a stage makes, or one version of it; None where it makes something else."""
    return stage.removeprefix(MARK) if stage.startswith(MARK) else None


def starting_stage(project: ProjectSpec) -> str | None:
    """The stage that makes the model from which every round starts, if one does."""
    start = project.train.start_from
    return None if start in STARTS else f"{MARK}{start}"


def model_stages(catalogue: Catalogue, observed: Snapshot, world: World) -> dict[str, Stage]:
    """One stage per model, and a sealed one for each version that a project names."""
    made = [_imported(spec, observed, world) for spec in catalogue.models.values()]
    starts = {starting_stage(project) for project in catalogue.projects.values()}
    pinned = [_pinned(name, observed) for name in sorted(filter(None, starts)) if is_pinned(name)]
    return {stage.name: stage for stage in (*made, *pinned)}


def why_unfit(project: ProjectSpec, catalogue: Catalogue, observed: Snapshot) -> str | None:
    """Why the rounds of a project cannot start from the model that it names; None if they can."""
    stage = starting_stage(project)
    version = observed.get(stage) if stage else None
    if version is None:
        return None
    start = project.train.start_from
    known = classes_of(version, catalogue.labels.primary_names())
    if unknown := [name for name in project.labels if name not in known]:
        return (
            f"the model `{start}` cannot be started from: it does not know {', '.join(unknown)}, "
            f"only {', '.join(known)}"
        )
    spec = catalogue.models.get(dataset_of(start))
    trainer = catalogue.executors[project.train.executor]
    named = str(version.facts.get("executor", ""))
    if named_by(named, spec, [trainer]) is None:
        return (
            f"the model `{start}` cannot be started from: it was made by "
            f"`{named or 'nobody knows what'}`, and the project trains with `{trainer.name}`; if "
            f"that reads its weights, add `executor: {trainer.name}` to the `Model`"
        )
    return None


def classes_of(version: Version, names: Mapping[str, str]) -> list[str]:
    """What a model detects, by the names of `Labels` where it has them."""
    written = version.facts.get("class_names")
    found = [str(each) for each in written] if isinstance(written, list) else []
    return [names.get(each.strip().lower(), each) for each in found]


def named_by(
    name: str, spec: ModelSpec | None, executors: Iterable[ExecutorSpec]
) -> ExecutorSpec | None:
    """The executor among these that a package means by `name`, or that the model's spec says."""
    wanted = spec.executor if spec and spec.executor else None
    for each in executors:
        meant = {each.name, each.bundled} if wanted is None else set()
        is_image = wanted is None and each.image and _repository(each.image) == _repository(name)
        if each.name == wanted or name in meant or is_image:
            return each
    return None


def _imported(spec: ModelSpec, observed: Snapshot, world: World) -> Stage:
    """A package that is not here any more, as in a fresh clone, stays as it is recorded."""
    name = f"{MARK}{spec.name}"
    digest = world.sources.get(name)
    return Stage(
        name,
        "model",
        settings={"from": spec.from_.model_dump(mode="json", exclude_defaults=True)},
        digests={"source": digest} if digest else {},
        sealed=digest is None and name in observed,
        obstacle=None if digest else f"there is no file `{spec.from_.path}`",
    )


def _pinned(name: str, observed: Snapshot) -> Stage:
    newest = observed.get(dataset_of(name))
    numbers = range(1, newest.number + 1 if newest else 1)
    known = ", ".join(f"v{n}" for n in numbers if f"{dataset_of(name)}@v{n}" in observed)
    why = f"the versions are {known}" if known else "there is no version yet"
    return Stage(name, "model", sealed=True, obstacle=f"is not recorded; {why}")


def _repository(image: str) -> str:
    """An image's name without tag and digest: versions of an executor read the same weights."""
    name = image.partition("@")[0].removeprefix("docker.io/").removeprefix("library/")
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"
