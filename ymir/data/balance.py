"""What became of the images of a batch, in numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Balance:
    """What became of a batch's images: sent = labelled + empty + skipped + outstanding + rejected.

    `reviews` were sent twice, `reviewed` of them answered twice.
    """

    sent: int
    labelled: int = 0  # with boxes
    empty: int = 0  # a person saw that there is nothing
    skipped: int = 0
    rejected: int = 0
    outstanding: int = 0
    reviews: int = 0
    reviewed: int = 0

    @property
    def back(self) -> int:
        """How many images have labels now, also empty ones."""
        return self.labelled + self.empty

    @property
    def gap(self) -> int:
        """How many images nobody accounts for; negative where too many came back."""
        known = self.labelled + self.empty + self.skipped + self.rejected + self.outstanding
        return self.sent - known

    @property
    def is_done(self) -> bool:
        """Whether nothing is waited for."""
        return not self.outstanding and self.reviewed >= self.reviews
