"""What a round picked from the pool, what people made of it, and what leaks between sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from ymir.report.words import plural

RETURNED = "labels returned"  # the gallery's tag of what became of an image in its batch
PICKED = "picked as"  # its tag of how an image came into its batch

# `mined`: preferred by the strategy; `control`: by lot, to compare with; `empty`: the model finds
# nothing in it; `again`: people had seen it before
Kind = Literal["mined", "control", "empty", "again"]
AGAIN: Kind = "again"
KINDS: Mapping[Kind, str] = {  # as pages call them
    "mined": "mined",
    "control": "by lot",
    "empty": "nothing found",
    "again": "again",
}


@dataclass(frozen=True)
class Mined:
    """An image that was picked from the pool, and why."""

    image: str
    file: str
    rank: int
    score: float
    why: str
    origin: str | None = None  # of one that went back: the dataset or batch that has its labels
    kind: Kind = "mined"


@dataclass(frozen=True)
class Part:
    """The images of a batch that were picked in one way, and what people drew on them."""

    kind: Kind
    images: int
    answered: int | None = None  # that came back with labels, or as empty; None until any did
    boxes: int | None = None  # on these
    per_class: tuple[tuple[str, int], ...] = ()  # of these; the same classes in each part

    @property
    def name(self) -> str:
        """What pages call it."""
        return KINDS[self.kind]

    @property
    def density(self) -> float | None:
        """Boxes on an image that came back; None where none did."""
        return self.boxes / self.answered if self.boxes is not None and self.answered else None


@dataclass(frozen=True)
class Returns:
    """The balance of a batch: sent = labelled + empty + skipped + rejected + outstanding.

    A batch that is closed waits for nobody: what was outstanding then is `released`.
    """

    sent: int
    labelled: int
    empty: int
    rejected: int
    outstanding: int
    reasons: tuple[tuple[str, int], ...]  # why images have no labels, and how often
    skipped: int = 0
    reviews: int = 0  # images that were sent twice
    reviewed: int = 0  # of them, answered twice
    released: int = 0  # of what is outstanding, back in the pool
    by_model: int = 0  # of what is labelled, by a model alone: nobody looked

    @property
    def parts(self) -> Mapping[str, int]:
        """What became of the images, by what it is called; together they are what was sent."""
        return {
            "labelled": self.labelled,
            "empty": self.empty,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "outstanding": self.outstanding,
        }

    @property
    def gap(self) -> int:
        """How many images nobody accounts for; negative where too many came back."""
        return self.sent - sum(self.parts.values())

    @property
    def filled(self) -> tuple[tuple[str, int], ...]:
        """How far each part reaches on a bar of all that was sent, the longest first."""
        ends = zip(self.parts, accumulate(self.parts.values()), strict=True)
        return tuple(reversed([each for each in ends if each[0] != "outstanding"]))


@dataclass(frozen=True)
class Agreement:
    """How far the answers to the same images agree, box by box."""

    images: int  # that have two answers or more
    boxes: int  # that were compared
    f1: float  # at IoU 0.5, of boxes with the same label
    iou: float | None  # of the boxes that agree


@dataclass(frozen=True)
class People:
    """Who answered, in what time, and for what price, as far as that is known."""

    answers: int
    annotators: int | None
    timed: int  # answers that say how long they took
    seconds: float | None  # of all those
    cost: float | None
    currency: str | None

    @property
    def pace(self) -> float | None:
        """Seconds for one answer."""
        return self.seconds / self.timed if self.seconds is not None and self.timed else None


@dataclass(frozen=True)
class Again:
    """Images that people looked at again, by why they went back."""

    listed: int
    suspicious: int  # a confident model contradicts their labels
    new_class: int  # labelled before a class was added that may be on them
    answered: int  # of all that went back, those that came home with labels
    changed: int  # of them, those whose labels are others now
    boxes: tuple[tuple[str, int], ...]  # how many were added, removed, moved, relabelled, edited

    @property
    def images(self) -> int:
        """All that went back."""
        return self.listed + self.suspicious + self.new_class


@dataclass(frozen=True)
class Batch:
    """What the round picked from the pool, and what people said of it."""

    shown: tuple[Mined, ...]
    mined: int  # all that were sent, those that went back among them
    strategy: str
    boxes: int | None  # that came back; None until the labels are there
    returns: Returns | None  # None until the batch is sent
    listed: int = 0  # of them, sent back because the spec lists them
    model: str | None = None  # whose pseudo-labels are in it, e.g. `round 2`
    sent_at: str | None = None  # ISO date and time
    due: str | None = None
    again: Again | None = None  # None where nothing went back
    agreement: Agreement | None = None  # None where nothing was answered twice
    people: People | None = None  # None until anybody answered
    is_told: bool = False  # whether the gallery knows of each image what became of it
    parts: tuple[Part, ...] = ()  # by how the images were picked; those that there are
    limits: tuple[str, ...] = ()  # what the batch may not hold, and what that left out, in words

    @property
    def picked(self) -> int:
        """How many were mined: all but those that went back."""
        return self.mined - (self.again.images if self.again else self.listed)

    @property
    def how(self) -> str:
        """How what was picked was picked, the most first, in a line."""
        shares = {each.kind: each.images for each in self.parts}
        mined = self.picked - shares.get("control", 0) - shares.get("empty", 0)
        said = [f"{plural(mined, 'image')} picked by {self.strategy}"]
        if by_lot := shares.get("control"):
            said.append(f"{by_lot:,} by lot")
        if empty := shares.get("empty"):
            said.append(f"{empty:,} as likely negatives")
        return ", ".join(said)


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
