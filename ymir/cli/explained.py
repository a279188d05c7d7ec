"""`ymir plan --explain`: one step, in full."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ymir.cli.words import cost_data, reason_data, step_data, step_line
from ymir.errors import SpecError
from ymir.plan.account import Account, Ingredient, account_of
from ymir.plan.edits import EFFECTS
from ymir.plan.effect import Effect
from ymir.plan.plan import Plan
from ymir.plan.planner import Prune, Step
from ymir.plan.reason import MEANINGS
from ymir.plan.snapshot import Snapshot
from ymir.spec.mistakes import nearest, quoted

_SHORT = 12  # hex digits of a digest that people read
_MOST = 12  # names in one hint


def explained(plan: Plan, name: str, observed: Snapshot) -> Iterator[str]:
    """Why the step is what it is, what it is made from, and what that means, for people."""
    step = step_called(plan, name)
    found, effect = account_of(step, observed), plan.effect(step)
    yield step_line(step)
    yield f"  reason: {found.reason.code}: {MEANINGS[found.reason.code]}"
    for each in found.reason.differences:
        yield f"    {each.name}: {_short(each.before)} → {_short(each.after)}"
    yield from _effect_lines(effect, step)
    if found.version:
        yield f"  newest version: {found.version.digest}"
    yield from _settings_lines(found)
    if found.inputs:
        yield "  made from"
        yield from (f"    {_input_line(each)}" for each in found.inputs)


def explained_data(plan: Plan, name: str, observed: Snapshot) -> dict[str, JsonValue]:
    """The same for programs."""
    step = step_called(plan, name)
    found, effect = account_of(step, observed), plan.effect(step)
    return {
        **step_data(step),
        "reason": {**reason_data(found.reason), "means": MEANINGS[found.reason.code]},
        "category": effect.category,
        "is_destructive": effect.is_destructive,
        "cost": cost_data(effect.cost),
        "version": found.version.digest if found.version else None,
        "settings": {"before": dict(found.before), "after": dict(found.settings)},
        "inputs": [
            {"name": e.name, "before": e.before, "after": e.after, "made": e.maker}
            for e in found.inputs
        ],
    }


def step_called(plan: Plan, name: str) -> Step:
    """The step of a stage; an error that names the nearest one where there is none."""
    steps = {s.name if isinstance(s, Prune) else s.stage.name: s for s in plan.steps}
    found = steps.get(name) or steps.get(f"model:{name}")
    if found:
        return found
    near = nearest(name, steps)
    parts = [each for each in steps if each.startswith(f"{name}/")]
    some = parts or list(steps)
    hint = f"did you mean `{near}`?" if near and not parts else f"it has {quoted(some[:_MOST])}"
    raise SpecError(f"the plan has no step `{name}`", hint=hint)


def _effect_lines(effect: Effect, step: Step) -> Iterator[str]:
    if effect.category:
        project = (
            step.stage.round.project if not isinstance(step, Prune) and step.stage.round else ""
        )
        yield f"  category: {effect.category}: {EFFECTS[effect.category].format(project=project)}"
    if effect.is_destructive:
        yield "  people have a batch, whose answers nobody would take back any more"
    if effect.cost.says:
        yield f"  cost: {effect.cost.says}"


def _settings_lines(found: Account) -> Iterator[str]:
    names = {**found.before, **found.settings}
    if names:
        yield "  settings"
    for name in names:
        before, now = found.before.get(name), found.settings.get(name)
        was = f"  (was {_short(before)})" if found.version and before != now else ""
        yield f"    {name}: {_short(now)}{was}"


def _input_line(each: Ingredient) -> str:
    now = each.after[:_SHORT] if each.after else "not made yet"
    was = f"  (was {each.before[:_SHORT]})" if each.before and each.is_other else ""
    maker = f"  {each.maker}" if each.maker else ""
    return f"{each.name}: {now}{was}{maker}"


def _short(value: str | None) -> str:
    if value is None:
        return "nothing"
    is_digest = len(value) > _SHORT and all(c in "0123456789abcdef" for c in value)
    return value[:_SHORT] if is_digest else value
