"""The labels that people owe, and answers that changed after a batch was taken in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from ymir.plan.batches import BatchState, state_of
from ymir.plan.due import is_late
from ymir.plan.plan import Plan
from ymir.plan.planner import Park
from ymir.plan.snapshot import Snapshot
from ymir.plan.stage import RoundOf
from ymir.plan.world import World
from ymir.site.record import CountDone, WorkspaceRecord, round_pointer
from ymir.site.shown import Batch, Returned

_WEB = ("https://", "http://")


def queue(record: WorkspaceRecord, done: CountDone) -> tuple[Batch, ...]:
    """Every open batch, with the day on which it was sent."""
    return tuple(
        batch(each, done, record.now, _sent(record, each))
        for each in outstanding(record.plan, record.observed)
    )


def returned(record: WorkspaceRecord) -> tuple[Returned, ...]:
    """Every batch that is back, and whose answers are others now."""
    return tuple(
        Returned(state.round.project, state.round.number, state.changed_words)
        for state in changed(record.plan)
    )


def outstanding(plan: Plan, observed: Snapshot) -> list[BatchState]:
    """The batches that wait for people, those of projects that no spec asks for among them."""
    known = {state.round: state for each in plan.projects for state in each.batches}
    return [
        known.get(place) or state_of(place, version, {}, observed, World())
        for name, version in observed.items()
        if (place := RoundOf.of(name))
        and name == place.stage("send")
        and place.stage("label") not in observed
        and "where" in version.facts
    ]


def asked(park: Park, batches: Iterable[BatchState]) -> str:
    """What people are asked to do, without how far they are and since when: that grows old."""
    is_batch = park.stage.kind == "label"
    titles = {each.round: each.title for each in batches if not each.is_back and is_batch}
    return titles.get(park.stage.round, park.what) if park.stage.round else park.what


def changed(plan: Plan) -> Iterator[BatchState]:
    """The batches that are back, and whose answers are others now."""
    for each in plan.projects:
        yield from (state for state in each.batches if state.changed)


def batch(state: BatchState, done: CountDone, now: float, sent: str | None) -> Batch:
    """What one batch asks of people, and how it stands."""
    where = state.where or ""
    return Batch(
        project=state.round.project,
        round=state.round.number,
        tool=state.tool,
        where=where,
        link=where if where.startswith(_WEB) else None,
        images=state.images,
        done=_done(state, done),
        sent=sent,
        balance=state.balance,
        seen=_iso(state.at),
        due=_iso(state.due),
        is_late=is_late(state.due, now),
        why=state.why,
    )


def standing(state: BatchState, now: float) -> str:
    """How a batch stands, and until when it is owed, in one line; empty where nobody looked."""
    return state.words(now).removeprefix(state.title).removeprefix(": ")


def _done(state: BatchState, done: CountDone) -> int | None:
    """How many images have an answer: now, where that costs nothing; else when somebody looked."""
    counted = done(state.tool, state.name)
    if counted is None and state.balance is not None:
        return state.balance.sent - state.balance.outstanding
    return counted


def _sent(record: WorkspaceRecord, state: BatchState) -> str | None:
    """When it was sent; of older records, when that was committed."""
    place = state.round
    said = record.observed[place.stage("send")].facts.get("sent_at")
    pointer = round_pointer(place.project, place.number)
    return said if isinstance(said, str) else record.recorded(pointer)


def _iso(at: float | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
