"""How projects, datasets and models stand, in the few words that programs and people watch for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from ymir.plan.due import is_late
from ymir.plan.edits import Edit
from ymir.plan.models import MARK
from ymir.plan.plan import Plan
from ymir.plan.planner import Block, Keep, Park, Prune, Run, Step, Suspend, Wait
from ymir.plan.rounds import Unrolled
from ymir.spec.notify import ConditionType
from ymir.spec.pins import dataset_of

Type = ConditionType
Kind = Literal["workspace", "specs", "project", "dataset", "model"]
Status = Literal["True", "False", "Unknown"]
TYPES: tuple[Type, ...] = get_args(Type)

WEB = ("https://", "http://")
_WORST: Mapping[Type, Sequence[Status]] = {  # what holds for many: the first that any of them has
    "Synced": ("False", "Unknown", "True"),
    "GoalReached": ("False", "Unknown", "True"),
    "WaitingForLabels": ("True", "Unknown", "False"),
    "Progressing": ("True", "Unknown", "False"),
    "Stalled": ("True", "Unknown", "False"),
    "Suspended": ("True", "Unknown", "False"),
}
_ENDED: Mapping[str, str] = {  # what a decision is called here
    "goal met": "GoalMet",
    "rounds": "RoundsSpent",
    "pool empty": "PoolEmpty",
    "no labels": "NothingNewLabelled",
    "label budget": "LabelsSpent",
    "gpu budget": "GpuHoursSpent",
    "plateau": "Plateau",
    "continue": "AnotherRoundFollows",
}


@dataclass(frozen=True)
class Condition:
    """One thing that is true of an object, or not; `reason` is a stable word for programs."""

    kind: Kind
    name: str
    type: Type
    status: Status
    reason: str
    message: str
    about: str = ""  # what in particular: a batch, a stage. Another one is news
    next: str = ""  # the command that brings it on, or says more
    link: str | None = None  # the page where people act

    @property
    def key(self) -> str:
        """What it is, whatever it says: `project/helmet/Synced`."""
        return f"{self.kind}/{self.name}/{self.type}"

    @property
    def state(self) -> tuple[str, str, str]:
        """What has to differ for it to have changed: messages tell times and counts, too."""
        return self.status, self.reason, self.about


@dataclass(frozen=True)
class Seen:
    """What no plan knows: stages that failed when they were tried last, and who is at work."""

    stopped: Mapping[str, str] = field(default_factory=dict)  # stage -> why it ended
    running: str | None = None  # who holds the workspace, in words
    broken: str = ""  # what is wrong with the specs, where the last good ones stand in for them


def conditions(plan: Plan, seen: Seen, workspace: str, now: float) -> tuple[Condition, ...]:
    """Of the workspace and its specs first, then of each project, dataset and model. Pure."""
    owed = _owed(plan.steps)
    own = [_of_specs(workspace, seen)]
    for project in plan.projects:
        own += _of_project(project, plan, seen, owed, now)
    for kind, name, steps in _sources(plan.steps):
        own += _of_source(kind, name, steps, seen)
    whole = [_overall(workspace, each, own) for each in TYPES]
    return (*(each for each in whole if each), *own)


def _of_specs(workspace: str, seen: Seen) -> Condition:
    """Whether the specs can be read; otherwise everything else speaks of the last good ones."""
    if not seen.broken:
        return Condition("specs", workspace, "Stalled", "False", "SpecsRead", "they can be read")
    message = f"{seen.broken}; the last good ones hold"
    return Condition(
        "specs", workspace, "Stalled", "True", "SpecsBroken", message, seen.broken, "ymir validate"
    )


def _of_project(
    unrolled: Unrolled, plan: Plan, seen: Seen, owed: Collection[str], now: float
) -> Iterator[Condition]:
    name = unrolled.project.name
    own = [step for step in plan.steps if _name(step).startswith(f"{name}/")]
    steps = [step for step in own if not isinstance(step, Keep | Prune)]
    edits = [edit for edit in plan.edits if edit.project == name]
    stalled = _stalled("project", name, steps, seen)
    suspended = _suspended("project", name, own)
    waiting = _waiting(unrolled, steps, now)
    synced = _synced("project", name, steps, (stalled, suspended), owed)
    yield _needs_restart(name, edits) or synced
    yield _goal(unrolled)
    yield waiting
    yield _progressing(name, steps, seen, (suspended, stalled, waiting))
    yield stalled
    yield suspended


def _of_source(kind: Kind, name: str, steps: Sequence[Step], seen: Seen) -> Iterator[Condition]:
    pending = [step for step in steps if not isinstance(step, Keep)]
    stalled, suspended = _stalled(kind, name, pending, seen), _suspended(kind, name, steps)
    yield _synced(kind, name, pending, (stalled, suspended), ())
    yield stalled
    yield suspended


def _synced(
    kind: Kind,
    name: str,
    pending: Sequence[Step],
    against: Iterable[Condition],
    owed: Collection[str],
) -> Condition:
    """Everything that the specs ask for exists, apart from what people owe."""
    left = [step for step in pending if _name(step) not in owed]
    if not left:
        what = "all but what people owe exists" if pending else "everything that is asked exists"
        reason = "AllButLabels" if pending else "UpToDate"
        return Condition(kind, name, "Synced", "True", reason, what)
    reasons = [each.reason for each in against if each.status == "True"]
    return Condition(
        kind,
        name,
        "Synced",
        "False",
        reasons[0] if reasons else "StagesPending",
        f"{_stages(len(left))} to make, {_name(left[0])} first",
        next="ymir plan",
    )


def _needs_restart(project: str, edits: Sequence[Edit]) -> Condition | None:
    """An edit that no round takes up."""
    found = next((edit for edit in edits if edit.category == "retrain"), None)
    if found is None:
        return None
    message = f"{found.what}: {found.effect}"
    then = f"ymir apply --restart {project}"
    return Condition(
        "project", project, "Synced", "False", "RestartNeeded", message, found.what, then
    )


def _goal(unrolled: Unrolled) -> Condition:
    name, decision = unrolled.project.name, unrolled.decision
    if decision is None:
        message = "no round is judged, or the newest has to be judged again"
        return Condition(
            "project", name, "GoalReached", "Unknown", "NotJudged", message, next="ymir plan"
        )
    status: Status = "True" if decision.goal_met else "False"
    reason = _ENDED.get(decision.reason, "Decided")
    then = f"ymir report {name}"
    return Condition("project", name, "GoalReached", status, reason, decision.says, next=then)


def _waiting(unrolled: Unrolled, steps: Sequence[Step], now: float) -> Condition:
    """Whether people have a batch, and where."""
    name = unrolled.project.name
    out = {each.round.stage("label"): each for each in unrolled.batches if not each.is_back}
    for step in steps:
        if isinstance(step, Park):
            batch = out.get(step.stage.name)
            reason = "BatchLate" if batch and is_late(batch.due, now) else "BatchOut"
            link = batch.where if batch and batch.where and batch.where.startswith(WEB) else None
            about = batch.name if batch else step.stage.name
            return _labels(name, reason, step.what, about, "ymir labels ls", link)
        if isinstance(step, Run) and step.stage.kind == "send" and "; waits: " in step.why:
            why = step.why.partition("; waits: ")[2]
            return _labels(name, "BatchNotSent", why, step.stage.name, "ymir apply")
    if changed := [each for each in unrolled.batches if each.changed]:
        words, then = changed[-1].changed_words, f"ymir labels pull {changed[-1].name}"
        reason, about = "AnswersChanged", changed[-1].name
        return replace(_labels(name, reason, words, about, then), status="False")
    nothing = "no batch is out"
    return Condition("project", name, "WaitingForLabels", "False", "NothingOwed", nothing)


def _labels(
    name: str, reason: str, message: str, about: str, then: str, link: str | None = None
) -> Condition:
    what: Type = "WaitingForLabels"
    return Condition("project", name, what, "True", reason, message, about, then, link)


def _progressing(
    name: str, pending: Sequence[Step], seen: Seen, against: Iterable[Condition]
) -> Condition:
    """Whether somebody is at work; otherwise why not."""
    if seen.running:
        return _progress(name, "True", "Applying", f"{seen.running} works on this workspace")
    first = next((each for each in against if each.status == "True"), None)
    if first:
        return _progress(name, "False", first.reason, first.message, first.next)
    ready = sum(isinstance(step, Run) for step in pending)
    if ready:
        message = f"{_stages(ready)} can be made now"
        return _progress(name, "False", "StagesReady", message, "ymir apply")
    if pending:
        return _progress(name, "False", "WaitsForOthers", "what it is made from is not there yet")
    return _progress(name, "False", "Settled", "nothing to do")


def _progress(name: str, status: Status, reason: str, message: str, then: str = "") -> Condition:
    return Condition("project", name, "Progressing", status, reason, message, next=then)


def _stalled(kind: Kind, name: str, pending: Sequence[Step], seen: Seen) -> Condition:
    """What only a person can mend: what failed first, then what is blocked, then gates."""
    found = sorted(filter(None, (_hindrance(step, seen) for step in pending)))
    if not found:
        return Condition(kind, name, "Stalled", "False", "NothingInTheWay", "nothing is in the way")
    _, about, reason, message, then = found[0]
    return Condition(kind, name, "Stalled", "True", reason, message, about, then)


def _hindrance(step: Step, seen: Seen) -> tuple[int, str, str, str, str] | None:
    """How much it matters, what it is about and called, what is wrong, and what to type."""
    name = _name(step)
    match step:
        case Block(_, why, by_gate=True):
            return 3, name, "GateClosed", f"{name}: {why}", "ymir plan"
        case Block(_, why) if step.reason.code == "failed":
            return 0, name, "JobFailed", f"{name} {why}", "ymir apply --retry"
        case Block(_, why):
            return 2, name, "Blocked", f"{name}: {why}", "ymir plan"
        case Run() | Park() if name in seen.stopped:
            return 1, name, "StageFailed", f"{name}: {seen.stopped[name]}", "ymir apply"
        case _:
            return None


def _suspended(kind: Kind, name: str, steps: Iterable[Step]) -> Condition:
    """Whether a spec says so: its own, or one that it is made from."""
    for step in steps:
        if isinstance(step, Suspend):
            message = f"{_name(step)}: {step.why}"
            return Condition(kind, name, "Suspended", "True", "SuspendedBySpec", message)
        if not isinstance(step, Prune) and step.stage.suspended:
            message = f"suspended: {step.stage.suspended}; nothing of it would be made anyway"
            return Condition(kind, name, "Suspended", "True", "SuspendedBySpec", message)
    return Condition(kind, name, "Suspended", "False", "Active", "is not suspended")


def _owed(steps: Iterable[Step]) -> frozenset[str]:
    """What people owe, and what waits for nothing else."""
    owed: set[str] = set()
    for step in steps:
        if isinstance(step, Park) or (isinstance(step, Wait) and owed.issuperset(step.on)):
            owed.add(step.stage.name)
    return frozenset(owed)


def _sources(steps: Iterable[Step]) -> Iterator[tuple[Kind, str, list[Step]]]:
    """The steps of each dataset and of each model, its pinned versions among them."""
    found: dict[tuple[Kind, str], list[Step]] = {}
    for step in steps:
        if isinstance(step, Prune) or step.stage.kind not in ("dataset", "model"):
            continue
        kind: Kind = "model" if step.stage.kind == "model" else "dataset"
        name = dataset_of(step.stage.name).removeprefix(MARK)
        found.setdefault((kind, name), []).append(step)
    for (kind, name), own in found.items():
        yield kind, name, own


def _overall(workspace: str, kind: Type, own: Iterable[Condition]) -> Condition | None:
    """What holds for the whole workspace: the worst of what holds for its parts."""
    same = [each for each in own if each.type == kind]
    if not same:
        return None
    worst = min(same, key=lambda each: _WORST[kind].index(each.status))
    message = f"{worst.name}: {worst.message}"
    return replace(worst, kind="workspace", name=workspace, message=message)


def _name(step: Step) -> str:
    return step.name if isinstance(step, Prune) else step.stage.name


def _stages(number: int) -> str:
    return "1 stage" if number == 1 else f"{number} stages"
