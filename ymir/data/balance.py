"""What became of the images of a batch, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields


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

    @property
    def words(self) -> str:
        """`40 sent = 12 labelled + 3 empty + 1 skipped + 24 outstanding`."""
        rare = ("empty", "skipped", "rejected")
        some = [f"{getattr(self, part)} {part}" for part in rare if getattr(self, part)]
        parts = [f"{self.labelled} labelled", *some, f"{self.outstanding} outstanding"]
        twice = f", {self.reviewed} of {self.reviews} answered twice" if self.reviews else ""
        return f"{self.sent} sent = {' + '.join(parts)}{twice}"


def balance_of(fact: object) -> Balance | None:
    """A balance as a record holds it; None where there is none."""
    if not isinstance(fact, dict) or not isinstance(fact.get("sent"), int):
        return None
    numbers = {field.name: fact.get(field.name, 0) for field in fields(Balance)}
    return Balance(**{name: n if isinstance(n, int) else 0 for name, n in numbers.items()})
