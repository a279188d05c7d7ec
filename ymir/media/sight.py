"""What was seen of the files of a source, and how it is kept from one run to the next."""

from __future__ import annotations

import errno
from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import compress, count, islice, repeat
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from ymir.dvc.files import storing

_LAYOUT = 2  # of the kept files; another number is as good as none
_PIECE = 500  # rows that are turned into columns at a time
_NUMBERS = frozenset({"bytes", "modified", "changed", "width", "height"})

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
        self._columns: dict[str, Any] = {
            name: array("q", [value]) if name in _NUMBERS else [value]
            for name, value in _ABSENT._asdict().items()
        }

    def __getitem__(self, name: str) -> Seen:
        row = self._rows[name]
        return Seen(*(column[row] for column in self._columns.values()))

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
        self._extend(column[1:] for column in other._columns.values())

    def only(self, names: Iterable[str]) -> Sight:
        """What was seen of some of the files."""
        chosen = Sight()
        chosen._rows.update(zip(names, count(1), strict=False))
        rows = list(map(self._rows.__getitem__, chosen._rows))
        chosen._extend(map(column.__getitem__, rows) for column in self._columns.values())
        return chosen

    def _extend(self, columns: Iterable[Iterable[Any]]) -> None:
        for column, more in zip(self._columns.values(), columns, strict=True):
            column.extend(more)

    def column(self, field: str, names: Iterable[str]) -> Iterator[Any]:
        """One field of each of some files; of one that is not there, that of an empty file."""
        return map(self._columns[field].__getitem__, map(self._rows.get, names, repeat(0)))

    def stamps(self, names: Iterable[str]) -> Iterator[Stamp]:
        """What differs in each of some files once it is written again."""
        rows = list(map(self._rows.get, names, repeat(0)))
        sizes, modified, changed, *_ = self._columns.values()
        at = (map(column.__getitem__, rows) for column in (sizes, modified, changed))
        return zip(*at, strict=True)

    def save(self, file: Path) -> None:
        """Keep what is settled: a line for the names, and one for each column."""
        settled = self._columns["is_settled"]
        partial = file.with_suffix(".tmp")
        with storing("what was seen of a source cannot be kept"), if_writable():
            file.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as lines:
                lines.write(b'{"layout": %d}\n' % _LAYOUT)
                for column in (["", *self], *self._columns.values()):
                    lines.write(orjson.dumps(list(compress(column, settled))) + b"\n")
            partial.replace(file)

    @classmethod
    def load(cls, file: Path) -> Sight:
        """What was kept; a file that cannot be understood is as good as none."""
        sight = cls()
        try:
            with file.open("rb") as lines:
                if orjson.loads(next(lines)) != {"layout": _LAYOUT}:
                    return sight
                sight._rows.update(zip(orjson.loads(next(lines)), count(1), strict=False))
                sight._extend(map(orjson.loads, lines))
        except (OSError, ValueError, TypeError, OverflowError, StopIteration):
            return cls()
        is_whole = all(len(column) == len(sight) + 1 for column in sight._columns.values())
        return sight if is_whole else cls()


@contextmanager
def if_writable() -> Iterator[None]:
    """Do without, where nothing may be written: whoever only looks needs no memory."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
