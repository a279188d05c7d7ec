"""Values that stand in the JSON of others: taken for what they are, or refused in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NUMBERS = frozenset({int, float})


class WrittenError(ValueError):
    """What stands there cannot be used; the text says why."""


def numbers(written: object, count: int, what: str) -> tuple[float, ...]:
    """So many numbers, or words for what `what` is instead."""
    if not isinstance(written, list) or len(written) != count:
        raise WrittenError(f"its {what} is not {count} numbers")
    if not set(map(type, written)) <= _NUMBERS:
        raise WrittenError(f"its {what} is not numbers: {str(written)[:200]}")
    return tuple(written)


def size_in(each: Mapping[str, Any], prefix: str = "") -> tuple[int, int] | None:
    """Width and height, where both are given."""
    width, height = each.get(f"{prefix}width"), each.get(f"{prefix}height")
    if not width or not height:
        return None
    width, height = numbers([width, height], 2, "size")
    return int(width), int(height)


def score_in(each: Mapping[str, Any]) -> float | None:
    """The score of a prediction; YMIR calls it `confidence`, which is negative for labels."""
    written = each.get("score")
    if written is not None:
        return numbers([written], 1, "`score`")[0]
    confidence = each.get("confidence")
    return confidence if isinstance(confidence, int | float) and confidence >= 0 else None


def tags_in(written: object) -> tuple[dict[str, str], ...]:
    """An object's keys and values as tags."""
    if not isinstance(written, dict):
        return ()
    return tuple({"key": str(key), "value": str(value)} for key, value in written.items())


def key_of(written: object) -> object:
    """An id as something to look up, whatever stands there."""
    if isinstance(written, float) and written.is_integer():
        return int(written)
    return written if type(written) in (int, str) else repr(written)
