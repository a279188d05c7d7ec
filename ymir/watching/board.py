"""How things stand, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ymir.contracts.attempt import newest
from ymir.watching.sight import Sight

_HOUR, _DAY = 3600, 86400
_MINUTE = 60
_LONGEST = 60  # letters of a trouble


@dataclass(frozen=True)
class Board:
    """What is known; `synced` is the time at which a look found nothing left to do."""

    sight: Sight = field(default_factory=Sight)
    is_applying: bool = False
    synced: float | None = None

    def seen(self, sight: Sight, *, is_synced: bool, now: float) -> Board:
        """The same after a look."""
        return replace(self, sight=sight, synced=now if is_synced else self.synced)


def line(board: Board, jobs: Sequence[str], now: float) -> str:
    """One line: what runs, how old the last agreement is, who has what, and what is wrong."""
    synced = f"synced {_age(now - board.synced)} ago" if board.synced is not None else ""
    return " · ".join(filter(None, (_work(board, jobs), synced, *_rest(board))))


def gist(board: Board) -> str:
    """The same without what changes by itself: another one is worth another line."""
    synced = "synced" if board.synced is not None and not board.is_applying else ""
    return " · ".join(filter(None, (_work(board, ()), synced, *_rest(board))))


def running(root: Path) -> tuple[str, ...]:
    """The jobs that run, with their share."""
    found = []
    for job in sorted((root / ".ymir" / "jobs").glob("*")):
        attempt = None if (job / "out").exists() else newest(job)
        if attempt and attempt.ending is None and (said := attempt.progress):
            found.append(f"{job.name.rpartition('-')[0].replace('-', ' ')} {said.share:.0%}")
    return tuple(found)


def _work(board: Board, jobs: Sequence[str]) -> str:
    if not board.is_applying:
        return ", ".join(board.sight.standing)
    return ", ".join(jobs) or "applying"


def _rest(board: Board) -> tuple[str, ...]:
    sight = board.sight
    broken = f"specs are broken: {_short(sight.broken[0])}" if sight.broken else ""
    return (*sight.people, broken, _short(sight.held), _short(sight.trouble))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _age(seconds: float) -> str:
    for size, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {name}"
    return f"{max(0, seconds):.0f} s"
