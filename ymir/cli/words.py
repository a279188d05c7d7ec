"""Plans, states and histories in words: pure functions, so that tests need no terminal."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from pydantic import JsonValue

from ymir.cli.people import label_data, label_lines, returned_lines
from ymir.cli.sizes import count_of
from ymir.plan.cost import Cost, Range
from ymir.plan.edits import Edit
from ymir.plan.effect import Effect
from ymir.plan.history import count, figures_of, seconds_of
from ymir.plan.plan import Plan, forecast, spent
from ymir.plan.planner import Block, Keep, Park, Prune, Run, Step, Suspend, Wait
from ymir.plan.reason import Reason
from ymir.plan.round_stages import KINDS
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf

SIGNS = {Keep: " ", Run: "+", Wait: "?", Park: "‖", Block: "!", Suspend: "=", Prune: "-"}


LOST = "gives up a batch that people have"


def plan_lines(plan: Plan, *, full: bool = False) -> Iterator[str]:
    """The plan for people: what was edited, what runs and why, what waits, what follows."""
    yield from map(edit_line, plan.edits)
    if full:
        yield from (full_line(step, plan.effect(step)) for step in plan.by_weight)
    else:
        shown = [step for step in plan.by_weight if not isinstance(step, Keep | Prune)]
        for _, group in groupby(shown, key=_group):
            steps = tuple(group)
            yield from (f"{line}{_grave(plan, steps)}" for line in _in_one_line(steps))
    yield from project_lines(plan, full=full)
    if plan.is_settled:
        yield "nothing to do"


def project_lines(plan: Plan, *, full: bool = False) -> Iterator[str]:
    """How each project stands, and what follows."""
    for project in plan.projects:
        said = _project_lines(project, is_settled=plan.is_settled, full=full)
        yield from (f"{project.project.name}: {line}" for line in said)


def _project_lines(project: Unrolled, *, is_settled: bool, full: bool) -> Iterator[str]:
    """How a project was decided, what people have to do with it, what is spent, what follows."""
    if project.decision:
        yield project.decision.says
    if project.relabel:
        yield project.relabel
    yield from label_lines(project, full=full)
    if budget := spent(project):
        yield budget
    if not is_settled and (follows := forecast(project)):
        yield follows


def step_line(step: Step) -> str:
    """One step: a sign, the stage, and its reason."""
    sign = SIGNS[type(step)]
    match step:
        case Keep(stage):
            return f"{sign} {stage.name}"
        case Run(stage, _, why):
            return f"{sign} {stage.name}  ({why})"
        case Park(stage, _, what):
            return f"{sign} {stage.name}  (waits for people: {what})"
        case Wait(stage, on):
            return f"{sign} {stage.name}  (after {', '.join(on)})"
        case Block(stage, why) | Suspend(stage, why):
            return f"{sign} {stage.name}  ({why})"
        case Prune(name):
            return f"{sign} {name}  (no spec asks for it)"


def full_line(step: Step, effect: Effect) -> str:
    """The same, with its category and what it costs."""
    lost = LOST if effect.is_destructive else ""
    said = "; ".join(each for each in (lost, effect.category, effect.cost.says) if each)
    return f"{step_line(step)}{f'  [{said}]' if said else ''}"


def _grave(plan: Plan, steps: Sequence[Step]) -> str:
    """What nobody should overlook: what trains anew, or takes something away."""
    found = [plan.effect(step) for step in steps]
    lost = LOST if any(each.is_destructive for each in found) else ""
    anew = "retrain" if any(each.category == "retrain" for each in found) else ""
    said = "; ".join(each for each in (lost, anew) if each)
    return f"  [{said}]" if said else ""


def _group(step: Step) -> tuple[type[Step], str]:
    """Stages of one round that wait, or are suspended, are said together; all others alone."""
    match step:
        case Wait(stage) | Suspend(stage) if stage.round:
            return type(step), str(stage.round)
        case Prune(name):
            return Prune, name
    return type(step), step.stage.name


def _in_one_line(steps: Sequence[Step]) -> Iterator[str]:
    """Of several stages, the first one's reason stands for all."""
    first = steps[0]
    if len(steps) == 1 and not (isinstance(first, Wait) and first.stage.round):
        yield step_line(first)
        return
    kinds = ", ".join(step.stage.kind for step in steps if not isinstance(step, Prune))
    match first:
        case Wait(stage, on):
            yield f"? {stage.round}: {kinds}  (after {', '.join(on)})"
        case Suspend(stage, why):
            yield f"= {stage.round}: {kinds}  ({why})"


def cost_line(plan: Plan) -> str | None:
    """What the whole plan takes; None where that is nothing, or nobody can tell."""
    says = plan.cost.says
    return f"cost: {says}" if says else None


def edit_line(edit: Edit) -> str:
    """What was edited since the newest round, and what that changes."""
    return f"~ {edit.project}: {edit.what}  ({edit.category}: {edit.effect})"


def plan_data(plan: Plan) -> dict[str, JsonValue]:
    """The plan for programs."""
    return {
        "steps": [{**step_data(step), **_effect_data(plan.effect(step))} for step in plan.shown],
        "cost": cost_data(plan.cost),
        "edits": [
            {"project": e.project, "category": e.category, "what": e.what, "effect": e.effect}
            for e in plan.edits
        ],
        "projects": [_project_data(each) for each in plan.projects],
        "settled": plan.is_settled,
    }


def step_data(step: Step) -> dict[str, JsonValue]:
    """One step for programs, without what it means for what exists."""
    data: dict[str, JsonValue] = {"action": type(step).__name__.lower()}
    if not isinstance(step, Prune):
        data |= {"stage": step.stage.name, "kind": step.stage.kind}
    match step:
        case Run(_, recipe, why):
            data |= {"why": why, "recipe": recipe.digest}
        case Park(_, recipe, what):
            data |= {"why": what, "recipe": recipe.digest}
        case Wait(_, on):
            data |= {"after": list(on)}
        case Block(_, why) | Suspend(_, why):
            data |= {"why": why}
        case Prune(name):
            data |= {"stage": name}
        case Keep():
            pass
    return {**data, "reason": reason_data(step.reason)}


def _effect_data(effect: Effect) -> dict[str, JsonValue]:
    return {
        "category": effect.category,
        "is_destructive": effect.is_destructive,
        "cost": cost_data(effect.cost),
    }


def cost_data(cost: Cost) -> dict[str, JsonValue]:
    """What something takes, for programs."""
    return {
        "gpu_hours": _range_data(cost.gpu_hours),
        "hours": _range_data(cost.hours),
        "labels": cost.labels,
        "images": cost.images,
        "says": cost.says,
    }


def _range_data(hours: Range | None) -> JsonValue:
    return [round(each, 4) for each in hours] if hours else None


def reason_data(reason: Reason) -> dict[str, JsonValue]:
    """Why a step is what it is, for programs."""
    return {
        "code": reason.code,
        "inputs": [
            {"name": each.name, "before": each.before, "after": each.after}
            for each in reason.differences
        ],
    }


def _project_data(unrolled: Unrolled) -> dict[str, JsonValue]:
    decision = unrolled.decision
    return {
        "project": unrolled.project.name,
        "round": unrolled.round,
        "labels": unrolled.bought,
        "gpu_seconds": unrolled.gpu_seconds,
        "relabel": unrolled.relabel,
        "decision": decision.reason if decision else None,
        "goal_met": decision.goal_met if decision else None,
        "says": decision.says if decision else None,
        "then": forecast(unrolled),
        **label_data(unrolled),
    }


def rounds_data(unrolled: Unrolled, observed: Snapshot) -> list[dict[str, JsonValue]]:
    """One row per recorded round: what it reached, with which images, in what time."""
    rows: list[dict[str, JsonValue]] = []
    labels = 0
    for number in range(1, unrolled.round + 1):
        place = RoundOf(unrolled.project.name, number)
        stages = {kind: observed[name] for kind in KINDS if (name := place.stage(kind)) in observed}
        if not stages:
            continue
        row: dict[str, JsonValue] = {"round": number, "labels": labels, "stages": list(stages)}
        if training := stages.get("training"):
            row["training_images"] = training.facts.get("images")
        if judge := stages.get("judge"):
            figures = figures_of(number, judge, labels)
            row |= {"map": figures.map, "map_low": figures.map_low, "map_high": figures.map_high}
            row |= {"map_50_95": figures.map_50_95, "per_class": dict(figures.per_class)}
        row["seconds"] = round(sum(seconds_of(version) or 0 for version in stages.values()), 1)
        if label := stages.get("label"):
            labels += count(label, "labelled")
        rows.append(row)
    return rows


def rounds_table(rows: Sequence[Mapping[str, JsonValue]]) -> Iterator[str]:
    """The rounds as aligned text."""
    yield "round  images  labels bought     mAP  noise band       mAP 50-95    time"
    for row in rows:
        images = row.get("training_images", "")
        judged = "map" in row
        band = f"{row['map_low']:.3f} to {row['map_high']:.3f}" if judged else ""
        point = f"{row['map']:.3f}" if judged else "-"
        strict = f"{row['map_50_95']:.3f}" if judged else ""
        yield (
            f"{row['round']!s:>5}  {images!s:>6}  {row['labels']!s:>13}  {point:>6}"
            f"  {band:<15}  {strict:>9}  {duration(float(str(row['seconds']))):>6}"
        )


def duration(seconds: float) -> str:
    """`9 s`, `1:05` minutes, `2:03:04` hours."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def version_line(name: str, version: Version) -> str:
    """A dataset's version: its number and what is in it."""
    facts = version.facts
    images, boxes = facts.get("images", "?"), facts.get("boxes", "?")
    return f"{name}@v{version.number}  {count_of(images)} images, {count_of(boxes)} boxes"


def model_line(name: str, version: Version) -> str:
    """An imported model's version: its number and what it detects."""
    classes = version.facts.get("class_names")
    names = ", ".join(map(str, classes)) if isinstance(classes, list) else "?"
    return f"{name}@v{version.number}  a model of {version.facts.get('executor') or '?'}: {names}"


def detail_lines(name: str, version: Version) -> Iterator[str]:
    """What else is worth saying of a version that was just made, line by line."""
    yield from _balance_lines(name, version)
    yield from returned_lines(version)
    if began_from := version.facts.get("began_from"):
        yield f"  began from what a failed attempt left: {began_from}"
    remarks = version.facts.get("remarks")
    for remark in remarks if isinstance(remarks, list) else ():
        yield f"  read leniently: {remark}"


def _balance_lines(name: str, version: Version) -> Iterator[str]:
    """What an import found and what became of it, in three lines; none of another dataset."""
    balance = version.facts.get("import")
    if not isinstance(balance, dict):
        return
    for what in ("images", "boxes"):
        counted = balance.get(what)
        if isinstance(counted, dict):
            of = {name: count_of(count) for name, count in counted.items()}
            cut = f", {of['cut']} of them cut to fit" if counted.get("cut") else ""
            yield (
                f"  {what:<7} {of['in']} found = {of['kept']} kept{cut} + "
                f"{of['merged']} merged + {of['rejected']} rejected"
            )
    ignored = balance.get("ignored")
    also = f"; {', '.join(_ignored(ignored))}" if isinstance(ignored, dict) else ""
    yield f"  reasons in data/datasets/{name}/v{version.number}/import.json{also}"


def _ignored(counted: Mapping[str, JsonValue]) -> list[str]:
    return [f"{count_of(count)} {what} ignored" for what, count in counted.items()]
