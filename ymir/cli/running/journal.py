"""What a run did, as lines of `events.jsonl`; `specs/conditions.md` says what they mean."""

from __future__ import annotations

from typing import get_args

from pydantic import JsonValue

from ymir.plan.stage import Stage
from ymir.reconcile import Event, Interrupted, Progress, Recorded, Resumed, Started, Stopped

NAMES = tuple(each.__name__.lower() for each in get_args(Event) if each is not Progress)


def entry_of(event: Event, now: float) -> dict[str, JsonValue]:
    """One line; `now` in seconds since 1970."""
    stage = event.stage
    place = stage.round
    return {
        "time": round(now, 3),
        "event": type(event).__name__.lower(),
        "stage": stage.name,
        "kind": stage.kind,
        "project": _project(stage),
        "round": place.number if place else None,
        **_own(event),
    }


def _own(event: Event) -> dict[str, JsonValue]:
    """What only events of this kind have."""
    match event:
        case Recorded(_, version, seconds, job_seconds):
            made: dict[str, JsonValue] = {"digest": version.digest, "version": version.number}
            return {"seconds": seconds, "job_seconds": job_seconds, **made}
        case Stopped(_, why, _, parked, blocked):
            return {"why": why, "parked": parked, "blocked": blocked}
        case Started(_, job):
            return {"job": job.name if job else None}
        case Interrupted(_, share, is_kept):
            return {"share": share, "kept": is_kept}
        case Progress(_, share):  # which nobody logs
            return {"share": share}
        case Resumed():
            return {}


def _project(stage: Stage) -> str | None:
    """Whose stage it is; None of datasets and models."""
    if stage.round:
        return stage.round.project
    return stage.name.partition("/")[0] if stage.kind == "report" else None
