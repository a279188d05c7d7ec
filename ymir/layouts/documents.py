"""JSON files of lists, as large as they come: a list is read some rows at a time.

A small file is parsed at once. Of a large one, first the places are found where the lists that
stand in its outermost object begin, end, and can be cut between two rows; then each piece is parsed
when it is asked for, so that of a file of gigabytes only megabytes are in memory.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from ymir.errors import DataError

WHOLE = 16 << 20  # bytes of a file that is parsed at once
PIECE = 1 << 20  # bytes
_LONGEST = 1 << 10  # bytes of a key and the blanks around it
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*\Z')


def lists_in(file: Path, whole: int = WHOLE, piece: int = PIECE) -> Mapping[str, Iterable[Any]]:
    """The lists in a file's outermost object, by their keys; a bare list has the key ``""``.

    Rows can be taken once: what is not needed any more is let go. A file of more than `whole` bytes
    is read in pieces of `piece`.
    """
    try:
        if file.stat().st_size > whole:
            return {key: _Rows(file, cuts) for key, cuts in _cuts(file, piece).items()}
        document = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise DataError(f"`{file}` cannot be read: {error}") from error
    lists = document if isinstance(document, dict) else {"": document}
    return {key: _taken(rows) for key, rows in lists.items() if isinstance(rows, list)}


def objects_of(
    rows: Iterable[Any], wrong: DataError, needed: Collection[str] = ()
) -> Iterator[Mapping[str, Any]]:
    """The rows, if all are objects with these keys, and there is one where keys are needed."""
    is_wrong = bool(needed)
    for each in rows:
        if not isinstance(each, dict) or (needed and not all(map(each.__contains__, needed))):
            raise wrong
        is_wrong = False
        yield each
    if is_wrong:
        raise wrong


def _taken(rows: list[Any]) -> Iterator[Any]:
    rows.reverse()
    while rows:
        yield rows.pop()


@dataclass(frozen=True)
class _Rows:
    """The rows of one list; `cuts` are where its first piece begins, and where each ends."""

    file: Path
    cuts: tuple[int, ...]

    def __iter__(self) -> Iterator[Any]:
        with self.file.open("rb") as content:
            for start, end in pairwise(self.cuts):
                content.seek(start + 1)
                piece = content.read(end - start - 1)
                try:
                    yield from _taken(orjson.loads(b"[%b]" % piece))
                except orjson.JSONDecodeError as error:
                    where = f"after byte {start}"
                    raise DataError(f"`{self.file}` cannot be read {where}: {error}") from error


def _cuts(file: Path, size: int) -> dict[str, tuple[int, ...]]:
    """Where the lists of a file can be cut."""
    from ymir.layouts.brackets import Brackets  # it needs numpy, and few files are large

    found: dict[str, tuple[int, ...]] = {}
    with file.open("rb") as content:
        brackets = Brackets(outermost=1 if content.read(_LONGEST).lstrip()[:1] == b"{" else 0)
        content.seek(0)
        at, before, key = 0, b"", None
        cuts: list[int] = []
        while piece := content.read(size):
            for mark in brackets.marks(piece):
                if mark.is_cut and cuts:
                    cuts.append(at + mark.at)
                elif mark.is_list:
                    key = _key(before + piece[: mark.at]) if brackets.outermost else ""
                    cuts = [at + mark.at]
                elif mark.is_end and cuts and key is not None:
                    found[key], cuts = (*cuts, at + mark.at), []
            at, before = at + len(piece), (before + piece)[-_LONGEST:]
    if not brackets.are_closed:
        raise DataError(f"`{file}` cannot be read: it ends too early, or has a bracket too many")
    return found


def _key(text: bytes) -> str | None:
    found = _KEY.search(text[-_LONGEST:])
    return found[1].decode(errors="replace") if found else None
