"""What a round picked from the pool, what people made of it, and what leaks between sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Mined:
    """An image that was picked from the pool, and why."""

    image: str
    file: str
    rank: int
    score: float
    why: str


@dataclass(frozen=True)
class Returns:
    """The balance of a batch: sent = labelled + empty + rejected + outstanding."""

    sent: int
    labelled: int
    empty: int
    rejected: int
    outstanding: int
    reasons: tuple[tuple[str, int], ...]  # of what was rejected


@dataclass(frozen=True)
class Batch:
    """What the round picked from the pool, and what people said of it."""

    shown: tuple[Mined, ...]
    mined: int  # all that were sent, those that were listed in the spec among them
    strategy: str
    boxes: int | None  # that came back; None until the labels are there
    returns: Returns | None  # None until the batch is sent
    listed: int = 0  # of them, sent back because the spec lists them


@dataclass(frozen=True)
class Leak:
    """A training image beside a held-out one from which a model could know the answer."""

    kind: Literal["same", "near", "group"]
    held_out: str  # `testing` or `validation`
    image: str
    file: str
    other: str
    other_file: str
    why: str
    left_out: bool  # of training


@dataclass(frozen=True)
class LeakCount:
    """So many training images leak in one way from one set, and what the gate says to that."""

    what: str
    images: int
    then: str


@dataclass(frozen=True)
class Leakage:
    """What leaks from the images that models are judged on into those they learn from."""

    shown: tuple[Leak, ...]
    counts: tuple[LeakCount, ...]
    left_out: int
    looked_for: str
