"""How figures are written on a page; a figure that is not known is a dash."""

from __future__ import annotations

from markupsafe import Markup, escape

UNKNOWN = "\N{EN DASH}"
LEAST = 0.0005  # smaller changes round to nothing

_MINUTE = len("2026-11-23T10:00")


def figure(value: float | None) -> str:
    """Three decimals, as the metrics are compared."""
    return UNKNOWN if value is None else f"{value:.3f}"


def signed(value: float | None) -> str:
    """A change, with its sign; one that rounds to nothing has none."""
    if value is None:
        return UNKNOWN
    if abs(value) < LEAST:
        return "±0.000"
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def some(value: float) -> str:
    """How many on average, with two decimals."""
    return f"{value:,.2f}"


def some_more(value: float) -> str:
    """A difference of two such, with its sign."""
    return f"{value:+,.2f}".replace("-", "\N{MINUS SIGN}")


def trend(value: float | None) -> str:
    """`up`, `down` or `flat`, to choose a colour by."""
    if value is None or abs(value) < LEAST:
        return "flat"
    return "up" if value > 0 else "down"


def count(value: int | None) -> str:
    """A whole number with its thousands apart."""
    return UNKNOWN if value is None else f"{value:,}"


def percent(value: float) -> str:
    """A share in whole percent."""
    return f"{value:.0%}"


def duration(seconds: float | None) -> str:
    """Seconds in the two largest units that matter."""
    if seconds is None:
        return UNKNOWN
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def heat(share: float) -> int:
    """A share as one of the ten shades of a matrix, 0 to 9."""
    return min(9, max(0, round(share * 9)))


def plural(number: int, noun: str) -> str:
    """`1 image`, `2 images`, `3 boxes`."""
    ending = "" if number == 1 else "es" if noun.endswith(("x", "s")) else "s"
    return f"{number:,} {noun}{ending}"


def hours(value: float | None) -> str:
    """Hours with one decimal."""
    return UNKNOWN if value is None else f"{value:,.1f}"


def money(value: float, currency: str) -> str:
    """An amount with two decimals, and its currency."""
    return f"{value:,.2f} {currency}"


def moment(text: str) -> str:
    """A day and its time, to the minute, of an ISO date and time."""
    zone = " UTC" if text.endswith(("+00:00", "Z")) else ""
    return text[:_MINUTE].replace("T", " ") + zone


def share(value: float, whole: float = 1.0) -> str:
    """How much of a bar is filled, at most all of it."""
    part = value / whole if whole > 0 else 0.0
    return f"{min(1.0, max(0.0, part)):.1%}"


def spot(value: float, reach: float) -> str:
    """Where a value lies on a line from -`reach` to `reach`."""
    return share(value + reach, 2 * reach)


def coded(text: str) -> Markup:
    """A sentence in which what stands in backticks is set as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner
        return escape(text)
    return Markup().join(
        Markup("<code>{}</code>").format(part) if at % 2 else escape(part)
        for at, part in enumerate(parts)
    )
