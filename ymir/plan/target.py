"""A part of a plan: some stages, and all that they are made from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ymir.errors import SpecError
from ymir.plan.models import model_name
from ymir.plan.plan import Plan
from ymir.plan.planner import Prune
from ymir.plan.stage import Stage
from ymir.spec.mistakes import nearest, quoted


def wanted(plan: Plan, targets: Sequence[str]) -> Callable[[Stage], bool]:
    """Whether a stage is meant, now or in a later plan of the same specs; raises of unknown names.

    A target is a dataset, a model, a project, a round as `helmet/r3`, or a stage of it.
    """
    stages = {step.stage.name: step.stage for step in plan.steps if not isinstance(step, Prune)}
    for name in targets:
        if not any(_is_part(stage, name) for stage in stages):
            raise _unknown(name, stages)
    needed = _needed([s for s in stages if any(_is_part(s, name) for name in targets)], stages)
    return lambda stage: stage.name in needed or any(_is_part(stage.name, t) for t in targets)


def only(plan: Plan, is_wanted: Callable[[Stage], bool]) -> Plan:
    """The plan without what is not wanted."""
    steps = [s for s in plan.steps if not isinstance(s, Prune) and is_wanted(s.stage)]
    owners = {step.stage.name.partition("/")[0] for step in steps if "/" in step.stage.name}
    return replace(
        plan,
        steps=tuple(steps),
        projects=tuple(each for each in plan.projects if each.project.name in owners),
        edits=tuple(edit for edit in plan.edits if edit.project in owners),
    )


def _is_part(stage: str, target: str) -> bool:
    return stage == target or stage.startswith(f"{target}/") or model_name(stage) == target


def _needed(names: Iterable[str], stages: dict[str, Stage]) -> set[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += stages[name].inputs
    return found


def _unknown(name: str, stages: Iterable[str]) -> SpecError:
    """Nothing of that name is planned: say what is near, or what there is."""
    known = {part for stage in stages for part in _parts(stage)}
    if near := nearest(name, known):
        return SpecError(f"the plan has nothing called `{name}`", hint=f"did you mean `{near}`?")
    owners = sorted({each.partition("/")[0] for each in known})
    return SpecError(f"the plan has nothing called `{name}`", hint=f"it has {quoted(owners)}")


def _parts(stage: str) -> tuple[str, ...]:
    """`helmet`, `helmet/r3` and `helmet/r3/train`."""
    words = (model_name(stage) or stage).split("/")
    return tuple("/".join(words[:n]) for n in range(1, len(words) + 1))
