"""The plan: every step, how each project stands, and what follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ymir.plan.compile import dataset_stages
from ymir.plan.cost import Cost, total
from ymir.plan.decision import HOUR, wanted
from ymir.plan.edits import Edit, edits
from ymir.plan.effect import Effect, effects
from ymir.plan.models import model_stages, why_unfit
from ymir.plan.planner import Block, Done, Keep, Park, Prune, Run, Step, Suspend, Wait, steps
from ymir.plan.round_stages import LABELLED
from ymir.plan.rounds import Unrolled, unroll
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import Graph
from ymir.plan.suspension import with_suspended
from ymir.plan.world import World
from ymir.spec.catalogue import Catalogue

_NO_EFFECT = Effect()
_URGENCY = {"report": 1, **dict.fromkeys(LABELLED, 2)}


@dataclass(frozen=True)
class Plan:
    """One step per stage, inputs first."""

    steps: tuple[Step, ...] = ()
    projects: tuple[Unrolled, ...] = ()
    edits: tuple[Edit, ...] = ()
    effects: Mapping[str, Effect] = field(default_factory=dict)  # by stage, of what is shown

    def effect(self, step: Step) -> Effect:
        """What a step does to what exists; of one that keeps or forgets something, nothing."""
        name = step.name if isinstance(step, Prune) else step.stage.name
        return self.effects.get(name, _NO_EFFECT)

    @property
    def cost(self) -> Cost:
        """What all of it takes, as far as it is known."""
        return total(self.effect(step).cost for step in self.pending)

    @property
    def retraining(self) -> tuple[Done, ...]:
        """What would be done of which models are trained from the start again."""
        held = {step.stage.round for step in self.blocked if step.stage.kind == "training"}
        anew = (step for step in self._done if self.effect(step).category == "retrain")
        return tuple(step for step in anew if step.stage.round not in held)

    @property
    def destructive(self) -> tuple[Done, ...]:
        """What would be done that takes something away."""
        return tuple(step for step in self._done if self.effect(step).is_destructive)

    @property
    def _done(self) -> tuple[Done, ...]:
        return tuple(step for step in self.steps if isinstance(step, Run | Park | Wait))

    @property
    def by_weight(self) -> tuple[Step, ...]:
        """All steps: what takes something away, what trains anew, and then the rest."""
        return tuple(sorted(self.steps, key=lambda step: _weight(self.effect(step))))

    @property
    def ready(self) -> tuple[Run | Park, ...]:
        """What can be tried now; a round is reported before the next batch is mined."""
        now = [step for step in self.steps if isinstance(step, Run | Park)]
        return tuple(sorted(now, key=lambda step: _URGENCY.get(step.stage.kind, 0)))

    @property
    def pending(self) -> tuple[Step, ...]:
        """What is not as the specs want it."""
        return tuple(step for step in self.steps if not isinstance(step, Keep | Suspend | Prune))

    @property
    def shown(self) -> tuple[Step, ...]:
        """What is not as the specs want it, and what they leave so."""
        return tuple(step for step in self.steps if not isinstance(step, Keep | Prune))

    @property
    def is_settled(self) -> bool:
        """True when everything wanted exists."""
        resting = {each.project.name for each in self.projects if each.project.suspend}
        return not self.pending and resting.issuperset(self.outgrown)

    @property
    def outgrown(self) -> tuple[str, ...]:
        """The projects that cannot go on in this generation, for a class is gone."""
        return tuple(dict.fromkeys(e.project for e in self.edits if e.category == "retrain"))

    @property
    def is_parked(self) -> bool:
        """True when only people can bring this on."""
        kinds = {type(step) for step in self.pending}
        return Park in kinds and kinds <= {Park, Wait}

    @property
    def blocked(self) -> tuple[Block, ...]:
        """What a person must mend first."""
        return tuple(step for step in self.steps if isinstance(step, Block))


def plan(catalogue: Catalogue, observed: Snapshot, world: World) -> Plan:
    """Compare the specs with what exists. Pure: no clock, no files, no chance."""
    datasets = dataset_stages(catalogue, observed, world)
    models = model_stages(catalogue, observed, world)
    base = with_suspended(datasets | models, catalogue)
    own = _own(observed)
    projects = tuple(
        unroll(project, base, own(project.name), world, why_unfit(project, catalogue, observed))
        for project in catalogue.projects.values()
    )
    rounds = {name: s for each in projects for name, s in each.stages.items()}
    stages = base | with_suspended(rounds, catalogue)
    decided = steps(Graph.of(stages), observed, world)
    unwanted = sorted({_owner(name) for name in observed if _owner(name) not in stages})
    owners = {*base, *catalogue.projects}
    prunes = tuple(Prune(name) for name in unwanted if name not in owners)
    changed = tuple(edit for each in projects for edit in edits(each, observed, world))
    meant = effects(decided, projects, changed, catalogue, observed)
    return Plan((*decided, *prunes), projects, changed, meant)


def forecast(unrolled: Unrolled) -> str | None:
    """What follows the steps of the plan, in words; None when nothing does."""
    if unrolled.decision and unrolled.decision.stops:
        return None
    goal = unrolled.project.goal
    left = goal.rounds - unrolled.judged - 1
    if left <= 0:
        return None
    return f"then up to {left} more round{'s' * (left > 1)} until {wanted(goal)}"


def spent(unrolled: Unrolled) -> str | None:
    """What is spent of the budget of GPU-hours, in words; None where there is none."""
    budget = unrolled.project.goal.gpu_hours
    hours = (unrolled.gpu_seconds or 0.0) / HOUR
    return None if budget is None else f"{hours:.2f} of {budget:g} GPU-hours spent"


def _own(observed: Snapshot) -> Callable[[str], Snapshot]:
    """What a project's rounds depend on: what is recorded of it, and all datasets and models."""
    shared: dict[str, Version] = {}
    rounds: dict[str, dict[str, Version]] = defaultdict(dict)
    for name, version in observed.items():
        project, slash, _ = name.partition("/")
        (rounds[project] if slash else shared)[name] = version
    return lambda project: {**shared, **rounds.get(project, {})}


def _weight(effect: Effect) -> int:
    return 0 if effect.is_destructive else 1 if effect.category == "retrain" else 2


def _owner(name: str) -> str:
    return name.split("/")[0].partition("@")[0]
