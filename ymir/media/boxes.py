"""Boxes by column, for formats whose files list thousands of plain ones."""

from collections.abc import Mapping, Sequence
from typing import Any, overload


class Boxes(Sequence[Mapping[str, Any]]):
    """Boxes with a label and four corners and nothing else; a row is made when it is asked for.

    `corners` are those of one box after the other: the first pixel's column and row, then the last
    one's, counted from `first` = 1; or from 0, and then the last ones are where the box ends.
    """

    __slots__ = ("corners", "first", "labels")

    def __init__(self, labels: Sequence[str], corners: Sequence[float], first: int = 1) -> None:
        self.labels = labels
        self.corners = corners
        self.first = first

    def __len__(self) -> int:
        return len(self.labels)

    @overload
    def __getitem__(self, at: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, at: int | slice) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
        """One box as a row, or some of them."""
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        at = range(len(self))[at]  # counted from the front, and there
        x_min, y_min, x_max, y_max = self.corners[4 * at : 4 * at + 4]
        x, y = x_min - self.first, y_min - self.first
        return {"label": self.labels[at], "x": x, "y": y, "w": x_max - x, "h": y_max - y}
