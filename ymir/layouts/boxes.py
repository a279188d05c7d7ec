"""Boxes by column, for formats whose files list thousands of plain ones."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
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


class Packed:
    """Boxes of an image that wait until its turn comes, in a fifth of the memory of rows."""

    __slots__ = ("_extras", "_labels", "_sides")

    def __init__(self) -> None:
        self._labels: list[str] = []
        self._sides = array("d")
        self._extras: dict[int, Mapping[str, Any]] | None = None

    def __len__(self) -> int:
        return len(self._labels)

    def add(self, label: str, sides: Sequence[float], extras: Mapping[str, Any]) -> None:
        """Take one in: x, y, w and h, and what few boxes have."""
        if extras:
            self._extras = {**(self._extras or {}), len(self): extras}
        self._labels.append(label)
        self._sides.extend(sides)

    def rows(self) -> Iterator[dict[str, Any]]:
        """All of them, as rows."""
        extras = self._extras or {}
        sides = iter(self._sides)
        columns = zip(self._labels, sides, sides, sides, sides, strict=True)
        for at, (label, x, y, w, h) in enumerate(columns):
            yield {"label": label, "x": x, "y": y, "w": w, "h": h, **extras.get(at, {})}
