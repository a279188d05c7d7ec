"""Until when people have a batch, and times in words."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping

from pydantic import JsonValue

from ymir.plan.stage import Settings
from ymir.spec.executor import seconds

_UTC = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|\+00:00)", re.ASCII)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_SOON = 2  # so many units of one size are said in that size


def moment(text: JsonValue) -> float | None:
    """`2026-11-23T10:00:00+00:00` as seconds since 1970; None of what is no such time."""
    found = _UTC.fullmatch(text) if isinstance(text, str) else None
    return float(timegm(tuple(map(int, found.groups())))) if found else None


def due(sent: Mapping[str, JsonValue], settings: Settings) -> float | None:
    """When a batch should be back; None where it has no deadline.

    `sent` are the facts of its `send` stage, `settings` those of its `label` stage.
    """
    at, deadline = moment(sent.get("sent_at")), settings.get("deadline")
    return at + seconds(deadline) if at is not None and isinstance(deadline, str) else None


def is_late(at: float | None, now: float) -> bool:
    """Whether a moment has passed."""
    return at is not None and now >= at


def due_words(at: float, now: float) -> str:
    """`due in 2 d`, or `3 h late`."""
    return f"{span(now - at)} late" if is_late(at, now) else f"due in {span(at - now)}"


def span(length: float) -> str:
    """A length of time, rounded: `40 s`, `5 min`, `3 h`, `2 d`."""
    whole = max(0, round(length))
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if whole >= _SOON * unit or (whole >= unit and whole % unit == 0):
            return f"{round(whole / unit)} {name}"
    return f"{whole} s"
