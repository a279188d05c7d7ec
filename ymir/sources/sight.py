"""What was seen of the files of a source, and how it is kept from one run to the next."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress, count, islice, repeat
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ymir.dvc.files import if_writable, storing, unfinished

_LAYOUT = 3  # of the kept files; another number is as good as none
_PIECE = 500  # rows that are turned into columns at a time
_NUMBERS = ("bytes", "modified", "changed", "width", "height")
_NAMES = "names"

Stamp = tuple[int, int, int]  # size, and the times of the last change of content and of the file


class Seen(NamedTuple):
    """One file: its stamp, its md5, and for an image its size, format or what is wrong with it.

    `is_settled` is false where a change right after the reading might not show in the stamp.
    """

    bytes: int
    modified: int
    changed: int
    digest: str
    width: int = 0
    height: int = 0
    format: str = ""
    problem: str | None = None
    is_settled: bool = True


_ABSENT = Seen(0, 0, 0, "", is_settled=False)


class Sight(Mapping[str, Seen]):
    """What was seen of each file, by name; in columns, since rows would take thrice the memory."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}  # row 0 stands for every file that is not there
        self._kept: dict[str, bytes] = {}  # columns that nobody has asked for since they were kept
        self._columns: dict[str, Any] = {
            name: array("q", [value]) if name in _NUMBERS else [value]
            for name, value in _ABSENT._asdict().items()
        }

    def __getitem__(self, name: str) -> Seen:
        row = self._rows[name]
        return Seen(*(column[row] for column in self._all()))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def add(self, names: Iterable[str], seen: Iterable[Seen]) -> None:
        """Add files, with what was seen of each."""
        rows = iter(seen)
        self._rows.update(zip(names, count(len(self) + 1), strict=False))
        while piece := list(islice(rows, _PIECE)):
            self._extend(zip(*piece, strict=True))

    def join(self, other: Sight) -> None:
        """Add the files of another sight."""
        self._rows.update(zip(other, count(len(self) + 1), strict=False))
        self._extend(column[1:] for column in other._all())

    def only(self, names: Iterable[str]) -> Sight:
        """What was seen of some of the files."""
        chosen = Sight()
        chosen._rows.update(zip(names, count(1), strict=False))
        rows = list(map(self._rows.__getitem__, chosen._rows))
        chosen._extend(map(column.__getitem__, rows) for column in self._all())
        return chosen

    def _extend(self, columns: Iterable[Iterable[Any]]) -> None:
        for column, more in zip(self._all(), columns, strict=True):
            column.extend(more)

    def _all(self) -> Iterable[Any]:
        for name in list(self._kept):
            self._column(name)
        return self._columns.values()

    def _column(self, name: str) -> Any:  # noqa: ANN401 - an array or a list
        if kept := self._kept.pop(name, b""):
            column = self._columns[name]
            if name in _NUMBERS:
                column.frombytes(kept)
            else:
                column.extend(orjson.loads(kept))
        return self._columns[name]

    def column(self, field: str, names: Iterable[str]) -> Iterator[Any]:
        """One field of each of some files; of one that is not there, that of an empty file."""
        if names is self:
            return islice(self._column(field), 1, None)
        return map(self._column(field).__getitem__, map(self._rows.get, names, repeat(0)))

    def stamps(self, names: Iterable[str]) -> Iterator[Stamp]:
        """What differs in each of some files once it is written again."""
        return zip(*(self.column(name, names) for name in _NUMBERS[:3]), strict=True)

    def save(self, file: Path) -> None:
        """Keep what is settled: a line that says how large each column is, then the columns."""
        settled = self._column("is_settled")
        columns = {_NAMES: orjson.dumps(list(compress(["", *self], settled)))}
        for name in _ABSENT._fields:
            chosen = compress(self._column(name), settled)
            is_number = name in _NUMBERS
            columns[name] = array("q", chosen).tobytes() if is_number else orjson.dumps([*chosen])
        sizes = {name: len(column) for name, column in columns.items()}
        partial = unfinished(file)  # others may look at the same source now
        with storing("what was seen of a source cannot be kept"), if_writable():
            file.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as kept:
                kept.write(orjson.dumps({"layout": _LAYOUT, "sizes": sizes}) + b"\n")
                kept.writelines(columns.values())
            partial.replace(file)

    @classmethod
    def load(cls, file: Path) -> Sight:
        """What was kept; a file that cannot be understood is as good as none."""
        sight = cls()
        try:
            head, rest = file.read_bytes().split(b"\n", 1)
            kept = dict(_parts(orjson.loads(head), rest))
            names = orjson.loads(kept.pop(_NAMES))
            is_whole = all(len(kept[name]) == 8 * len(names) for name in _NUMBERS)
        except (OSError, ValueError, TypeError, KeyError):
            return cls()
        if kept.keys() != sight._columns.keys() or not is_whole:
            return cls()
        sight._rows.update(zip(names, count(1), strict=False))
        sight._kept = kept
        return sight


def _parts(head: Any, rest: bytes) -> Iterator[tuple[str, bytes]]:  # noqa: ANN401 - a JSON edge
    """The columns of a kept file; raises ValueError where it is not whole."""
    if head["layout"] != _LAYOUT or sum(head["sizes"].values()) != len(rest):
        raise ValueError(head["layout"])
    at = 0
    for name, size in head["sizes"].items():
        yield name, rest[at : at + size]
        at += size
