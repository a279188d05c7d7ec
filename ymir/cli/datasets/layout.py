"""Aligned text and figures for people."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import zip_longest

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_THOUSAND = 1000.0


def table(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> Iterator[str]:
    """Rows as aligned lines; the columns in `right` are figures, and end at one edge."""
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        cells = (
            text.rjust(width) if at in right else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=False))
        )
        yield "  ".join(cells).rstrip()


def pairs(items: Mapping[str, str], *, indent: str = "") -> Iterator[str]:
    """Names and values, the values at one edge."""
    width = max(map(len, items), default=0)
    for name, value in items.items():
        yield f"{indent}{name.ljust(width)}  {value}".rstrip()


def figure(value: object) -> str:
    """A whole number with its thousands apart; what is not known is a dash."""
    return f"{value:,}" if isinstance(value, int) else "-"


def signed(value: int) -> str:
    """A change, with its sign; none is a dot."""
    return f"{value:+,}" if value else "·"


def counted(number: int, noun: str) -> str:
    """`1 image`, `2,000 images`, `3 boxes`."""
    ending = "" if number == 1 else "es" if noun.endswith(("x", "s")) else "s"
    return f"{number:,} {noun}{ending}"


def size(count: int) -> str:
    """Bytes in a unit that people read: `1.2 GB`."""
    value, unit = float(count), 0
    while value >= _THOUSAND and unit < len(_UNITS) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{count} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def plain(text: str) -> str:
    """A name in one line of signs that a terminal shows as they are, whatever is in it."""
    return text if text.isprintable() else ascii(text)[1:-1]
