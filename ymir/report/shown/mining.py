"""Whether mining pays: what was mined beside what was picked by lot."""

from __future__ import annotations

from dataclasses import dataclass

from ymir.picking.yields import Verdict, Yield


@dataclass(frozen=True)
class MinedRound:
    """What the batch of one round shows of it."""

    number: int
    strategy: str
    found: Yield
    page: str


@dataclass(frozen=True)
class Mining:
    """Mistakes of the model on mined images beside those on images by lot, in all batches so far.

    A mistake is a box that the model missed, invented, or took for another class, as it stood when
    it picked the image, beside what people drew. `so_far` is None until a batch has come back with
    images of both kinds, and with what the model had found on them.
    """

    verdict: Verdict
    says: str
    so_far: Yield | None
    rounds: tuple[MinedRound, ...]
    notes: tuple[str, ...] = ()  # what it says nothing of, and which batches are left out
