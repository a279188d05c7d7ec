"""What is recorded, though neither a spec nor a round needs it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ymir.plan.plan import Plan
from ymir.plan.planner import Prune
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf


@dataclass(frozen=True)
class Unwanted:
    """Versions of datasets, as `site@v1`, and whole projects."""

    versions: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()


def unwanted(
    plan: Plan,
    observed: Snapshot,
    *,
    protected: Collection[str],
    projects: Collection[str],
    versions: bool,
) -> Unwanted:
    """What may go; rounds only of `projects`, old `versions` of living datasets only if asked for.

    A version stays as long as anything that stays was made from it.
    """
    without_spec = {step.name for step in plan.steps if isinstance(step, Prune)}
    going = tuple(name for name in sorted(projects) if name in without_spec)
    wanted = {step.stage.name for step in plan.steps if not isinstance(step, Prune)}
    roots = [
        name
        for name in observed
        if _stays(name, going) or name in wanted or dataset_of(name) in protected
    ]
    needed = _needed(roots, observed)
    gone = [
        name
        for name in versions_in(observed)
        if observed[name].digest not in needed and (versions or dataset_of(name) in without_spec)
    ]
    return Unwanted(tuple(gone), going)


def versions_in(observed: Snapshot) -> Iterator[str]:
    """The names of all versions of datasets."""
    return (name for name in observed if "@v" in name)


def rounds_in(observed: Snapshot, project: str | None = None) -> set[RoundOf]:
    """The rounds that are recorded, of one project or of all."""
    rounds = (RoundOf.of(name) for name in observed)
    return {each for each in rounds if each and project in (None, each.project)}


def dataset_of(name: str) -> str:
    """The dataset that a version is of."""
    return name.partition("@")[0]


def _stays(name: str, going: Collection[str]) -> bool:
    """Whether it belongs to a project that does not go: people's labels are in its rounds."""
    project, is_stage, _ = name.partition("/")
    return bool(is_stage) and project not in going


def _needed(roots: Collection[str], observed: Snapshot) -> set[str]:
    """The digests of the roots, and of all that they were made from."""
    by_digest = {observed[name].digest: observed[name] for name in versions_in(observed)}
    needed, new = set[str](), {observed[name].digest for name in roots}
    new |= {each for name in roots for each in observed[name].recipe.inputs.values()}
    while new:
        needed |= new
        made = [by_digest[each].recipe.inputs.values() for each in new if each in by_digest]
        new = {each for inputs in made for each in inputs} - needed
    return needed
