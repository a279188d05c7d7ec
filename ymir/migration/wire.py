"""The wire format of protocol buffers, as far as `.mir` files use it; read only.

A reader of our own, because it is small, needs no compiler and no package that only a migration
would use, and sees every field that nobody knows: what it does not understand can be counted, and
is not dropped in silence. Every length is checked before it is believed.
"""

import struct
from collections.abc import Collection, Iterator

_VARINT, _REAL64, _PART, _REAL32 = 0, 1, 2, 5  # what the low bits of a field's key mean
_LONGEST = 10  # bytes of a number


class WireError(ValueError):
    """The bytes are no message; the text says why."""


def keys(
    *, numbers: Collection[int] = (), parts: Collection[int] = (), reals: Collection[int] = ()
) -> frozenset[int]:
    """The keys of the fields that a message is known to have; a list of numbers may be packed."""
    found = {number << 3 | _VARINT for number in numbers} | {each << 3 | _PART for each in parts}
    return frozenset(found | {each << 3 | kind for each in reals for kind in (_REAL32, _REAL64)})


class Message:
    """One message: its fields by number. A field that is not there is 0, empty or no text."""

    __slots__ = ("_numbers", "_parts", "_reals")

    def __init__(self, data: bytes | memoryview) -> None:
        self._numbers: dict[int, int] = {}
        self._reals: dict[int, float] = {}
        self._parts: dict[int, list[memoryview]] = {}
        for key, value in _fields(memoryview(data)):
            if isinstance(value, memoryview):
                self._parts.setdefault(key >> 3, []).append(value)
            elif isinstance(value, float):
                self._reals[key >> 3] = value
            else:
                self._numbers[key >> 3] = value

    def number(self, field: int) -> int:
        """An `int32`, an enum or a truth value."""
        value = self._numbers.get(field, 0) & 0xFFFFFFFF
        return value - (value >> 31 << 32)

    def real(self, field: int) -> float:
        """A `float` or a `double`."""
        return self._reals.get(field, 0.0)

    def text(self, field: int) -> str:
        """A `string`."""
        return _text(self._parts[field][-1]) if field in self._parts else ""

    def part(self, field: int) -> memoryview:
        """A message inside; one that comes in pieces is what the pieces say together."""
        pieces = self._parts.get(field, [])
        return pieces[0] if len(pieces) == 1 else memoryview(b"".join(pieces))

    def parts(self, field: int) -> list[memoryview]:
        """Every message of a repeated field."""
        return self._parts.get(field, [])

    def entries(self, field: int) -> dict[str, memoryview]:
        """A map from texts to messages."""
        listed = map(Message, self.parts(field))
        return {each.text(1): each.part(2) for each in listed}

    def texts(self, field: int) -> dict[str, str]:
        """A map from texts to texts."""
        return {key: _text(value) for key, value in self.entries(field).items()}

    def strange(self, known: frozenset[int]) -> list[int]:
        """The numbers of fields that nobody knows, or of another kind than is known."""
        of_kinds = ((_VARINT, self._numbers), (_PART, self._parts), (_REAL32, self._reals))
        return [
            field for kind, found in of_kinds for field in found if field << 3 | kind not in known
        ]


def _fields(data: memoryview) -> Iterator[tuple[int, int | float | memoryview]]:
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        value: int | float | memoryview
        match key & 7:
            case 0:
                value, at = _varint(data, at)
            case 2:
                size, at = _varint(data, at)
                at, start = at + size, at
                value = data[start:at]
            case 1 | 5 as kind:
                size, form = (8, "<d") if kind == _REAL64 else (4, "<f")
                at, start = at + size, at
                value = struct.unpack_from(form, data, start)[0] if at <= end else 0.0
            case kind:
                raise WireError(f"a field is of kind {kind}, which does not exist")
        if at > end:
            raise WireError("it ends in the middle of a field")
        if not key >> 3:
            raise WireError("a field has the number 0")
        yield key, value


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    if at < len(data) and data[at] < 0x80:  # as most are
        return data[at], at + 1
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST]):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # the last one
            return value, at + place + 1
    raise WireError("a number does not end")


def _text(value: memoryview) -> str:
    try:
        return str(value, "utf-8")
    except UnicodeDecodeError as error:
        raise WireError("a text is not UTF-8") from error
