"""The labels that people owe: batches that were sent and are not back."""

from __future__ import annotations

from ymir.plan.history import count
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf
from ymir.site.record import CountDone, WorkspaceRecord, round_pointer
from ymir.site.shown import Batch

_WEB = ("https://", "http://")


def queue(record: WorkspaceRecord, done: CountDone) -> tuple[Batch, ...]:
    """Every open batch, with the day on which it was sent."""
    return tuple(
        batch(place, version, done, record.recorded(round_pointer(place.project, place.number)))
        for place, version in outstanding(record.observed)
    )


def outstanding(observed: Snapshot) -> list[tuple[RoundOf, Version]]:
    """The rounds whose batch waits for people, with the record of its sending."""
    places = [(RoundOf.of(name), version) for name, version in observed.items()]
    return [
        (place, version)
        for (place, version), name in zip(places, observed, strict=True)
        if place
        and name == place.stage("send")
        and place.stage("label") not in observed
        and "where" in version.facts
    ]


def batch(place: RoundOf, sent: Version, done: CountDone, recorded: str | None) -> Batch:
    """What one batch asks of people."""
    tool, where = str(sent.facts.get("tool", "")), str(sent.facts["where"])
    name = str(sent.facts.get("batch", f"{place.project}-r{place.number}"))
    return Batch(
        project=place.project,
        round=place.number,
        tool=tool,
        where=where,
        link=where if where.startswith(_WEB) else None,
        images=count(sent, "images"),
        done=done(tool, name),
        sent=recorded,
    )
