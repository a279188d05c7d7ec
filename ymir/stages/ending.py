"""Whether a batch is over, and what becomes of the images that nobody has answered for."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from pydantic import JsonValue

from ymir.contracts.labeling import Waiting, Withdrawing, tools
from ymir.errors import DataError
from ymir.looks import keep_released
from ymir.plan.batches import ANSWERS, CLOSED, BatchState, state_of
from ymir.plan.due import due_words, is_late
from ymir.plan.stage import RoundOf
from ymir.plan.world import Looked, World
from ymir.stages.kind import Work
from ymir.stages.returning import Look
from ymir.stages.tables import parameters, project_of, text_setting


@dataclass(frozen=True)
class Released:
    """The images that go back to the pool, and what the tool said when it was told."""

    images: pl.Series
    said: Mapping[str, JsonValue] = field(default_factory=dict)


def release(work: Work, seen: Look) -> Released | Waiting:
    """What is released, if the batch is over; it is over when it is done, or may end undone."""
    now = time.time()
    state = _state(work, seen, now)
    if ANSWERS in work.recipe.inputs:
        return Released(seen.outstanding)
    if CLOSED in work.stage.settings:
        return _withdrawn(work, seen)
    late = is_late(state.due, now)
    if seen.balance.is_done or (late and not seen.balance.outstanding):
        return Released(seen.outstanding)
    policy = work.stage.settings.get("on_partial", "wait")
    if late and policy == "fail":
        raise DataError(
            f"batch {seen.sent.name} is {due_words(state.due or now, now)}: {seen.balance.words}",
            hint="give it more time with `deadline`, or take what is done with `on_partial: "
            "proceed`; nothing was recorded",
        )
    if late and policy == "proceed" and seen.balance.back:
        return _withdrawn(work, seen)
    return Waiting(state.words(now))


def _withdrawn(work: Work, seen: Look) -> Released:
    """Tell the tool that nobody needs to answer any more; it need not listen.

    Noted before it is told: if nothing is recorded after that, the next run knows what is gone.
    """
    images, tool = seen.outstanding, tools.load(text_setting(work, "use"))
    if not isinstance(tool, Withdrawing) or images.is_empty():
        return Released(images)
    keep_released(work.workspace, seen.sent.key, images)
    said = tool.withdraw(seen.sent, parameters(work))
    return Released(images, {} if isinstance(said, Waiting) else said)


def _state(work: Work, seen: Look, now: float) -> BatchState:
    send = work.stage.inputs[0]
    observed = work.store.observe()
    place = RoundOf(project_of(work).name, observed[send].number)
    looked = Looked(seen.balance, now, key=seen.sent.key)
    return state_of(
        place, observed[send], work.stage.settings, observed, World(batches={send: looked})
    )
