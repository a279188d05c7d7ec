"""How each dataset stands in a plan, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ymir.plan.planner import Block, Keep, Prune, Run, Step, Suspend, Wait

CURRENT, UNASKED = "up to date", "no spec asks for it"


def standings(steps: Iterable[Step]) -> Mapping[str, str]:
    """What the plan says of each stage, by name; what it does not name is `UNASKED`."""
    return {
        step.name if isinstance(step, Prune) else step.stage.name: _said(step) for step in steps
    }


def _said(step: Step) -> str:
    match step:
        case Keep():
            return CURRENT
        case Run(_, _, why):
            return f"to be made: {why}"
        case Wait(_, on):
            return f"waits for {', '.join(on)}"
        case Block(_, why):
            return f"blocked: {why}"
        case Suspend(_, why):
            return why
        case Prune():
            return UNASKED
    return "waits for people"
