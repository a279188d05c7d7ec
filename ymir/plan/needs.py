"""Which executors a plan will run, as far as it gets without people. Pure."""

from __future__ import annotations

from ymir.plan.plan import Plan
from ymir.plan.planner import Run, Wait


def executors(now: Plan) -> tuple[str, ...]:
    """The executors of all stages that run now, or once those that run now have run."""
    reached: set[str] = set()
    found: dict[str, None] = {}
    for step in now.steps:
        match step:
            case Run(stage):
                pass
            case Wait(stage, on) if reached.issuperset(on):
                pass
            case _:
                continue
        reached.add(stage.name)
        if "executor" in stage.settings:
            found[str(stage.settings["executor"])] = None
    return tuple(found)
