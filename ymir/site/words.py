"""How days and sizes are written on the page; what is not known is a dash."""

from __future__ import annotations

from ymir.report.words import UNKNOWN

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_THOUSAND = 1000.0
_DAY = len("2026-11-22")


def day(moment: str | None) -> str:
    """The date of a commit."""
    return moment[:_DAY] if moment else UNKNOWN


def size(count: int | None) -> str:
    """Bytes in a unit that people read: `1.2 GB`."""
    if count is None:
        return UNKNOWN
    value, unit = float(count), 0
    while value >= _THOUSAND and unit < len(_UNITS) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{count} B" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def signed_count(value: int | None) -> str:
    """A change of a count, with its sign."""
    if value is None:
        return ""
    return f"{value:+,}".replace("-", "\N{MINUS SIGN}") if value else "±0"
