"""Where a round comes from, what it cost, and what changed in its specs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Used:
    """A dataset that went into the round."""

    role: str
    name: str
    version: int | None
    digest: str
    images: int | None
    boxes: int | None


@dataclass(frozen=True)
class Step:
    """A stage of the round."""

    kind: str
    digest: str
    recipe: str
    seconds: float | None
    gpu_seconds: float | None = None


@dataclass(frozen=True)
class Fact:
    """A line of the lineage; digests are shown to be copied."""

    name: str
    value: str
    is_digest: bool = False


@dataclass(frozen=True)
class SpecChange:
    """A setting of the project that differs from the round before; None: it was not there."""

    path: str  # e.g. `train.with.epochs`
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Lineage:
    """Where the round comes from: enough to make it again."""

    datasets: tuple[Used, ...]
    steps: tuple[Step, ...]
    facts: tuple[Fact, ...]
    changes: tuple[SpecChange, ...] = ()
