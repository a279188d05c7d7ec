"""How a container stands, and what its end means for the attempt that ran in it. Pure."""

from __future__ import annotations

import math
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ymir.contracts.attempt import Ending, last_line
from ymir.contracts.backend import Job
from ymir.contracts.excess import of_memory
from ymir.engine.container import ATTEMPT

_LIVE = ("running", "paused", "restarting", "removing")
_CUT = (137, 143, 255)  # killed, asked to end, or found dead by an engine that started again
_SIGNALS = {128 + each.value for each in signal.Signals}
_WORDS = {
    126: "a program in the image may not be executed",
    127: "a program that it wants is not in the image",
}
# What programs say where a container's walls stand in their way.
_SEALED = re.compile(r"Read-only file system|Permission denied", re.IGNORECASE)
_OFFLINE = re.compile(
    r"Network is unreachable|Temporary failure in name resolution|Name or service not known"
    r"|Could not resolve host",
    re.IGNORECASE,
)
_STAMP_BEHIND = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]{8,}(Z|[+-]\d\d:\d\d) ?$")
# What `init` prints when it cannot begin the program: Docker's `tini`, Podman's `catatonit`.
_INIT = re.compile(
    r"\[FATAL tini \(\d+\)\] exec (?P<program>.+) failed: (?P<why>.+)"
    r"|\(catatonit:\d+\): failed to exec pid1: (?P<reason>.+)"
)


@dataclass(frozen=True)
class State:
    """What the engine knows of a container; times are seconds since 1970."""

    status: str
    attempt: str = ""
    code: int = 0
    is_oom: bool = False
    started: float = 0.0
    finished: float = 0.0

    @property
    def is_live(self) -> bool:
        """Whether its program runs."""
        return self.status in _LIVE

    @property
    def has_ended(self) -> bool:
        """Whether its program ran and is over."""
        return self.status in ("exited", "dead", "stopped")

    def is_cut_off(self, engine_since: float) -> bool:
        """Whether it ended because the engine did, and not by itself."""
        return self.code in _CUT and 0 < self.started < engine_since


@dataclass(frozen=True)
class Asked:
    """That ymir asked the program to end: when, how the attempt is to be recorded, and why."""

    at: float
    how: str
    why: str = ""


def read_state(said: Mapping[str, Any]) -> State:
    """What the engine answers to `GET /containers/<name>/json`."""
    state, labels = said["State"], said["Config"].get("Labels") or {}
    return State(
        status=state["Status"],
        attempt=labels.get(ATTEMPT, ""),
        code=state.get("ExitCode", 0),
        is_oom=bool(state.get("OOMKilled")),
        started=_moment(state.get("StartedAt")),
        finished=_moment(state.get("FinishedAt")),
    )


def ending(job: Job, state: State, asked: Asked | None, tail: str) -> Ending:
    """How the attempt ended; `tail` is the end of what it printed."""
    code = 128 - state.code if state.code in _SIGNALS else state.code
    seconds = round(max(state.finished - state.started, 0.001), 3)
    if asked is not None:
        return Ending(asked.how, code, seconds, asked.why or tail)
    if state.is_oom and state.code:  # true also where a child died of it, and all ended well
        return Ending("ended", code, seconds, of_memory(job.resources))
    if code and (unfit := _INIT.search(tail)):
        return Ending("unstartable", code, seconds, _unfit(job, unfit))
    return Ending("exit", code, seconds, advised(job, tail, code) or _WORDS.get(state.code, ""))


def seconds_left(job: Job, state: State, now: float) -> float:
    """How long the program may still run."""
    return state.started + job.limit - now if state.started else math.inf


def last_stamped(text: str) -> tuple[str, float]:
    """The last line with words of a log with time stamps, and when it was printed.

    Podman may put the next stamp behind a line without an end.
    """
    for line in reversed(text.split("\n")):
        stamp, _, said = line.partition(" ")
        if stamp and re.search(r"\w", said):
            return _STAMP_BEHIND.sub("", said), _moment(stamp)
    return "", 0.0


def advised(job: Job, tail: str, code: int) -> str:
    """What the program printed; where a wall stood in its way, with the spec that opens it."""
    last = last_line(tail)
    if not code:
        return tail
    if not job.run_as_root and _SEALED.search(last) and "/in/" not in last:
        return f"{tail.rstrip()} (does the image need `run_as_root: true`?)"
    if not job.network and _OFFLINE.search(last):
        return f"{tail.rstrip()} (does the executor need `network: true`?)"
    return tail


def _unfit(job: Job, said: re.Match[str]) -> str:
    program = said["program"] or " ".join(job.command[:1]) or "its program"
    match (said["why"] or said["reason"]).strip():
        case "No such file or directory":
            return f"`{program}`, or what its first line names, is not in the image `{job.image}`"
        case "Permission denied":
            return f"`{program}` may not be executed in the image `{job.image}`: `chmod 755` it"
        case "Exec format error":
            return f"`{program}` is for another kind of processor, or has no `#!` line"
        case other:
            return f"`{program}`: {other}"


def _moment(text: str | None) -> float:
    """Seconds since 1970; 0 for a time that never was (`0001-01-01T00:00:00Z`)."""
    if not text or text.startswith("0001"):
        return 0.0
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
