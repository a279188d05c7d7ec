"""What rounds cost: seconds, and seconds of GPUs, as far as the records say."""

from __future__ import annotations

from collections.abc import Iterable

from ymir.plan import history
from ymir.plan.snapshot import Version
from ymir.report.record import RoundRecord

_HOUR = 3600


def seconds_of(now: RoundRecord) -> float | None:
    """How long the round's stages took, where they say."""
    return _sum(map(history.seconds_of, now.versions.values()))


def gpu_seconds_of(version: Version) -> float | None:
    """How long a stage held GPUs, times how many; None where the record does not say."""
    seconds = version.facts.get("gpu_seconds")
    return float(seconds) if isinstance(seconds, int | float) else None


def gpu_hours(rounds: Iterable[RoundRecord]) -> float | None:
    """What all stages of these rounds took of GPUs; None where no record says."""
    versions = [version for each in rounds for version in each.versions.values()]
    seconds = _sum(map(gpu_seconds_of, versions))
    return None if seconds is None else seconds / _HOUR


def _sum(figures: Iterable[float | None]) -> float | None:
    known = [each for each in figures if each is not None]
    return sum(known) if known else None
