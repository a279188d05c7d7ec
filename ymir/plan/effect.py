"""What a step does to what exists: its category, what it takes away, what it costs. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ymir.plan.cost import Cost, Estimates
from ymir.plan.edits import Category, Edit
from ymir.plan.history import generation_of
from ymir.plan.models import starting_stage
from ymir.plan.planner import Keep, Prune, Step
from ymir.plan.round_stages import TRAINED
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf, Stage
from ymir.spec.catalogue import Catalogue
from ymir.spec.pins import is_pinned

_SCORED = ("predict", "judge")


@dataclass(frozen=True)
class Effect:
    """What making one stage means."""

    category: Category | None = None  # None: nothing that exists has to do with it
    is_destructive: bool = False
    cost: Cost = field(default_factory=Cost)


def effects(
    steps: Iterable[Step],
    projects: Iterable[Unrolled],
    edits: Iterable[Edit],
    catalogue: Catalogue,
    observed: Snapshot,
) -> Mapping[str, Effect]:
    """The effect of each step that is not as the specs want it, by the name of its stage."""
    unrolled = tuple(projects)
    ahead = {each.project.name: each.ahead for each in unrolled}
    estimates = Estimates(catalogue, observed, ahead)
    uses = _uses(catalogue)
    gone = {edit.project for edit in edits if edit.category == "retrain"}
    anew = frozenset(_begun_anew(unrolled, gone, observed))

    def of(stage: Stage) -> Effect:
        category = _category(stage, observed, uses, anew)
        is_lost = category == "retrain" and stage.kind == "training" and _is_out(stage, observed)
        return Effect(category, is_lost, estimates.of(stage))

    return {step.stage.name: of(step.stage) for step in steps if not isinstance(step, Keep | Prune)}


def _category(
    stage: Stage, observed: Snapshot, uses: Mapping[str, Category], anew: Collection[RoundOf]
) -> Category | None:
    exists = stage.name in observed
    if stage.kind == "report":
        return "pointer" if exists else None
    if stage.round is None:
        return uses.get(stage.name) if exists else None
    if exists:
        return "re-judge" if stage.kind in _SCORED else "forward"
    return "retrain" if stage.round in anew and stage.kind in TRAINED else "forward"


def _begun_anew(
    projects: Iterable[Unrolled], gone: Collection[str], observed: Snapshot
) -> Iterator[RoundOf]:
    """The rounds with which a generation begins, or would, if a person said so."""
    for each in projects:
        for stage in each.stages.values():
            if stage.kind != "training" or stage.round is None or stage.name in observed:
                continue
            needs_it = stage.obstacle is not None and each.project.name in gone
            if needs_it or _begins_generation(stage, stage.round, observed):
                yield stage.round


def _begins_generation(training: Stage, place: RoundOf, observed: Snapshot) -> bool:
    before = place.number - 1
    generation = generation_of(place.project, before, observed)
    return before > 0 and training.settings.get("generation") != generation


def _is_out(stage: Stage, observed: Snapshot) -> bool:
    """Whether people have a batch of an earlier round, which nobody would take back any more."""
    place = stage.round
    if place is None:
        return False
    before = (RoundOf(place.project, number) for number in range(1, place.number))
    return any(
        (sent := observed.get(each.stage("send"))) is not None
        and "where" in sent.facts
        and each.stage("label") not in observed
        for each in before
    )


def _uses(catalogue: Catalogue) -> dict[str, Category]:
    """What a new version of each dataset or model means for the projects that are made of it."""
    found: dict[str, Category] = {}
    for project in catalogue.projects.values():
        data = project.data
        if start := starting_stage(project):
            found.setdefault(start, "forward")
        for name in _made_of((*data.training, *data.mining), catalogue):
            found.setdefault(name, "forward")
        for name in _made_of((*data.testing, *data.validation), catalogue):
            found[name] = "re-judge"
    return found


def _made_of(names: Iterable[str], catalogue: Catalogue) -> set[str]:
    """These datasets and all that they are derived from; a pinned version never changes."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found and not is_pinned(name):
            found.add(name)
            spec = catalogue.datasets.get(name)
            left += spec.inputs if spec else ()
    return found
