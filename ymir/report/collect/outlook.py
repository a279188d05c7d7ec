"""How many labels the goal may need: an estimate from the rounds so far."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, isfinite, log10

from ymir.metrics.forecast import Forecast, forecast
from ymir.report.shown.summary import Guess, Outlook, Point

_FURTHEST = 10  # times today's training images: beyond, a guess is idle
_GUESSES = 12


def outlook(points: Sequence[Point], goal: float | None) -> Outlook | None:
    """What the rounds so far let one expect; None where they are too few, or the goal is met.

    Of two rounds or more, with different numbers of training images. Each label is taken to add an
    image. The interval holds four of five draws from the noise of the rounds' figures.
    """
    if goal is None or len(points) < 2 or points[-1].value.value >= goal:
        return None
    today = points[-1]
    first = _forecast(points, goal, [today.images])
    if first is None:
        return None
    more, least, most = (_labels(each - today.images, today.images) for each in first.needed)
    end = today.labels + (today.images if more is None else more)
    asked = _steps(today.labels, end)
    told = _forecast(points, goal, [today.images + each - today.labels for each in asked])
    return Outlook(
        labels=None if more is None else today.labels + more,
        low=None if least is None else today.labels + least,
        high=None if most is None else today.labels + most,
        says=_says(len(points), goal, more, least, most),
        curve=tuple(
            Guess(labels, *(float(each) for each in values))
            for labels, values in zip(asked, told.values if told else (), strict=True)
        ),
    )


def _forecast(points: Sequence[Point], goal: float, asked: Sequence[float]) -> Forecast | None:
    images = [each.images for each in points]
    return forecast(images, [each.value for each in points], goal=goal, asked=asked)


def _labels(more: float, today: int) -> int | None:
    """So many more labels, to two digits; None where they are too many to speak of."""
    if not isfinite(more) or more > _FURTHEST * today:
        return None
    digits = int(10 ** max(0, floor(log10(max(more, 1))) - 1))
    return max(1, ceil(more / digits) * digits)


def _steps(start: int, end: int) -> tuple[int, ...]:
    """A dozen numbers of labels, from the first to the last."""
    steps = (start + (end - start) * each / (_GUESSES - 1) for each in range(_GUESSES))
    return tuple(sorted({round(each) for each in steps}))


def _says(rounds: int, goal: float, more: int | None, least: int | None, most: int | None) -> str:
    basis = f"An estimate from {rounds} rounds"
    if more is None:
        luck = "" if least is None else f", with luck {least:,} more"
        return f"{basis}: more labels alone do not reach {goal:.3f} within sight{luck}."
    if most is None:
        return f"{basis}: about {more:,} more labels reach {goal:.3f}, at least {least:,}, if ever."
    about = f"{basis}: about {more:,} more labels reach {goal:.3f}"
    return f"{about}, most likely {least:,} to {most:,}."
