"""Find where the lists of a JSON text begin and end, and where one can cut between two rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_QUOTE, _BACKSLASH, _COMMA = b'"', b"\\", b","
_LIST = ord("[")

_Flags = npt.NDArray[np.bool_]


class Mark(NamedTuple):
    """A place in a piece of text: a list begins or ends, or a cut may be made."""

    at: int
    is_list: bool = False
    is_end: bool = False
    is_cut: bool = False


class Brackets:
    """Reads a text piece by piece; `outermost` is 1 where the lists stand in an object, or 0."""

    def __init__(self, outermost: int) -> None:
        self.outermost = outermost
        self._depth = 0
        self._is_quoted = False
        self._is_escaped = False

    @property
    def are_closed(self) -> bool:
        """Whether the text may end here."""
        return not self._depth and not self._is_quoted

    def marks(self, piece: bytes) -> Iterator[Mark]:
        """The lists of the next piece, and the last place in it where one can be cut."""
        letters = np.frombuffer(piece, dtype=np.uint8)
        outside = ~self._quoted(letters, piece)
        opens = outside & ((letters == ord("[")) | (letters == ord("{")))
        closes = outside & ((letters == ord("]")) | (letters == ord("}")))
        depth = np.cumsum(opens.astype(np.int32) - closes) + self._depth
        self._depth = int(depth[-1])
        inner = self.outermost + 1
        events = np.flatnonzero((opens & (depth == inner)) | (closes & (depth == inner - 1)))
        last = -1
        for at in events.tolist():
            yield Mark(at, is_list=piece[at] == _LIST, is_end=bool(closes[at]))
            last = at
        commas = np.flatnonzero(outside & (letters == ord(_COMMA)) & (depth == inner))
        if len(commas) and commas[-1] > last:
            yield Mark(int(commas[-1]), is_cut=True)

    def _quoted(self, letters: npt.NDArray[np.uint8], piece: bytes) -> _Flags:
        """Which letters stand in a string."""
        quotes = letters == ord(_QUOTE)
        if self._is_escaped or _BACKSLASH in piece:
            quotes &= ~self._escaped(letters)
        quoted: _Flags = np.logical_xor.accumulate(quotes) ^ self._is_quoted
        self._is_quoted = bool(quoted[-1])
        return quoted

    def _escaped(self, letters: npt.NDArray[np.uint8]) -> _Flags:
        """Which letters stand behind an odd number of backslashes."""
        slashes = letters == ord(_BACKSLASH)
        numbers = np.arange(len(letters))
        start = np.maximum.accumulate(np.where(slashes, -1, numbers))  # the last that is none
        run = np.where(slashes, numbers - start, 0)
        if self._is_escaped:  # the piece before ended on an odd number of them
            run = np.where(slashes & (start == -1), run + 1, run)
        odd = run % 2 == 1
        escaped = np.concatenate(([self._is_escaped], odd[:-1]))
        self._is_escaped = bool(odd[-1])
        return escaped
