"""How a workspace stands at this moment: what runs, what people owe, what happened last."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson
from pydantic import JsonValue

from ymir.jobs.standing import OPEN, Standing
from ymir.plan.plan import Plan
from ymir.plan.planner import Block, Keep, Park, Prune, Run, Wait
from ymir.report.words import duration
from ymir.site.queue import asked

SCHEMA: Literal["ymir/live/v1"] = "ymir/live/v1"
_TAIL = 1 << 16  # bytes of the log of events that are looked at
_MOST = 8
_LONGEST = 500  # letters of a reason


@dataclass(frozen=True)
class JobNow:
    """A job that is not settled."""

    job: str
    stage: str | None
    state: str
    share: float | None
    seconds: float | None
    why: str | None


@dataclass(frozen=True)
class Owed:
    """A batch that people have; `done` is None where its tool does not say."""

    batch: str  # `helmet/r3`
    where: str
    images: int
    done: int | None
    says: str = ""  # its balance when somebody looked last, and until when it is owed
    is_late: bool = False


@dataclass(frozen=True)
class Happened:
    """Something that a run has done or met."""

    time: float  # seconds since 1970
    event: str  # recorded | stopped
    stage: str
    says: str
    parked: bool


@dataclass(frozen=True)
class Coming:
    """Something that comes next, and why."""

    how: Literal["run", "people", "blocked", "edit"]
    what: str  # a stage, for an edit the project, for answers that changed their batch
    why: str


@dataclass(frozen=True)
class Live:
    """All of it; `live.json` of a server."""

    page: str  # changes when the page does
    jobs: tuple[JobNow, ...]
    labels: tuple[Owed, ...]
    events: tuple[Happened, ...]  # the newest first
    next: tuple[Coming, ...]  # what `ymir apply` would do at once, or waits for
    later: int  # stages that come after those
    trouble: str | None  # why something of this cannot be known
    schema: Literal["ymir/live/v1"] = SCHEMA


def jobs_now(known: Sequence[Standing]) -> tuple[JobNow, ...]:
    """Those that run, wait, or ended without anybody having looked."""
    return tuple(
        JobNow(
            job=each.name,
            stage=each.stage,
            state=each.state,
            share=each.share,
            seconds=None if each.seconds is None else round(each.seconds, 1),
            why=each.why[:_LONGEST] or None,
        )
        for each in known
        if each.state in OPEN
    )


def coming(found: Plan) -> tuple[tuple[Coming, ...], int]:
    """What comes next, the edits first, and how many stages come after that."""
    lines = [Coming("edit", each.project, f"{each.what}: {each.effect}") for each in found.edits]
    states = [state for each in found.projects for state in each.batches]
    lines += [Coming("edit", each.name, each.changed_words) for each in states if each.changed]
    later = 0
    for step in found.steps:
        match step:
            case Run(stage, _, why):
                lines.append(Coming("run", stage.name, why))
            case Park(stage):
                lines.append(Coming("people", stage.name, asked(step, states)))
            case Block(stage, why):
                lines.append(Coming("blocked", stage.name, why[:_LONGEST]))
            case Wait():
                later += 1
            case Keep() | Prune():
                pass
    return tuple(lines), later


def last_events(file: Path) -> tuple[Happened, ...]:
    """The end of `.ymir/events.jsonl`, the newest first; a torn line is left out."""
    try:
        with file.open("rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - _TAIL))
            lines = log.read().splitlines()
    except OSError:
        return ()
    found = filter(None, map(_happened, reversed(lines)))
    return tuple(each for each, _ in zip(found, range(_MOST), strict=False))


def _happened(line: bytes) -> Happened | None:
    try:
        said: dict[str, JsonValue] = orjson.loads(line)
        event, parked = str(said["event"]), bool(said.get("parked"))
        if event == "started":  # what runs is shown as such
            return None
        return Happened(
            time=float(str(said["time"])),
            event=event,
            stage=str(said["stage"]),
            says=" ".join(_says(event, parked, said)),
            parked=parked,
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def _says(event: str, parked: bool, said: dict[str, JsonValue]) -> Iterator[str]:
    seconds = said.get("seconds")
    match event:
        case "recorded":
            yield "recorded"
            if isinstance(seconds, int | float):
                yield f"in {duration(float(seconds))}"
        case "stopped":
            yield "waits for people:" if parked else "stopped:"
            yield str(said.get("why", ""))[:_LONGEST]
        case _:
            yield event
