"""Where the lines and marks of a chart go. Templates draw them; no markup is made here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from ymir.report.model import ClassCurve, Point, Progress

STEPS = (1, 2, 5, 10)


@dataclass(frozen=True)
class Tick:
    """A place on an axis, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True)
class Frame:
    """The drawing area inside a chart of `width` by `height`."""

    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    inset: int = 0  # keeps the first and the last mark off the edges

    @property
    def middle(self) -> float:
        """Half-way up."""
        return self.y(0.5)

    def x(self, share: float) -> float:
        """Across, from 0 at the left edge to 1 at the right."""
        first, last = self.left + self.inset, self.right - self.inset
        return round(first + share * (last - first), 1)

    def y(self, share: float) -> float:
        """Up, from 0 at the lower edge to 1 at the upper."""
        return round(self.bottom - share * (self.bottom - self.top), 1)


@dataclass(frozen=True)
class Mark:
    """One round on the progress chart."""

    x: float
    y: float
    low: float
    high: float
    point: Point
    is_last: bool


@dataclass(frozen=True)
class ProgressChart:
    """The overall figure over the labels bought."""

    frame: Frame
    name: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    band: str
    line: str
    goal: Tick | None
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class CurveChart:
    """Precision over recall of one class."""

    frame: Frame
    curve: ClassCurve
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    area: str
    line: str
    before: str | None
    at: tuple[float, float] | None
    at_text: str


@dataclass(frozen=True)
class Scale:
    """A stretch of values, begun and ended at round numbers."""

    low: float
    high: float
    step: float

    @classmethod
    def around(cls, values: Iterable[float], *, pieces: int, least: float) -> Scale:
        """Hold all `values` in about `pieces` steps of at least `least`."""
        known = list(values)
        step = _round_up((max(known) - min(known)) / pieces, least)
        low, high = floor(min(known) / step + 1e-9), ceil(max(known) / step - 1e-9)
        return cls(low * step, max(high, low + 1) * step, step)

    def share(self, value: float) -> float:
        """Where `value` lies, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)

    def values(self) -> list[float]:
        """Every step, both ends included."""
        count = round((self.high - self.low) / self.step)
        return [self.low + number * self.step for number in range(count + 1)]


def progress_chart(progress: Progress) -> ProgressChart:
    """Lay out the rounds so far, the noise around them and the goal."""
    frame = Frame(640, 306, left=46, right=586, top=22, bottom=262, inset=26)
    points = progress.points
    wanted = [] if progress.goal is None else [progress.goal]
    ends = [end for each in points for end in (each.value.low, each.value.high)]
    up = Scale.around([*ends, *wanted, *(p.value.value for p in points)], pieces=5, least=0.01)
    along = Scale.around([0, *(p.labels for p in points)], pieces=6, least=1)
    steps = along.values() if points[-1].labels else [0]
    marks = tuple(_mark(frame, along, up, each, each is points[-1]) for each in points)
    edge = [(m.x, m.high) for m in marks] + [(m.x, m.low) for m in reversed(marks)]
    return ProgressChart(
        frame=frame,
        name=progress.name,
        x_ticks=tuple(Tick(frame.x(along.share(v)), f"{v:,.0f}") for v in steps),
        y_ticks=tuple(Tick(frame.y(up.share(v)), f"{v:.2f}") for v in up.values()),
        band=_points(edge),
        line=_points([(m.x, m.y) for m in marks]),
        goal=None if progress.goal is None else _goal(frame, up, progress.goal),
        marks=marks,
    )


def curve_chart(curve: ClassCurve) -> CurveChart:
    """Lay out one class: the area under its curve, and the curve a round ago behind it."""
    frame = Frame(300, 204, left=42, right=290, top=10, bottom=166)
    ends = (0.0, 0.5, 1.0)
    line = _curve(frame, curve.precision)
    return CurveChart(
        frame=frame,
        curve=curve,
        x_ticks=tuple(Tick(frame.x(v), f"{v:g}") for v in ends),
        y_ticks=tuple(Tick(frame.y(v), f"{v:g}") for v in ends),
        area=_points([*line, (frame.right, frame.bottom), (frame.left, frame.bottom)]),
        line=_points(line),
        before=_points(_curve(frame, curve.before)) if curve.before else None,
        at=(frame.x(curve.at[0]), frame.y(curve.at[1])) if curve.at else None,
        at_text=f"recall {curve.at[0]:.2f}, precision {curve.at[1]:.3f}" if curve.at else "",
    )


def _mark(frame: Frame, along: Scale, up: Scale, point: Point, is_last: bool) -> Mark:
    return Mark(
        x=frame.x(along.share(point.labels)),
        y=frame.y(up.share(point.value.value)),
        low=frame.y(up.share(point.value.low)),
        high=frame.y(up.share(point.value.high)),
        point=point,
        is_last=is_last,
    )


def _goal(frame: Frame, up: Scale, goal: float) -> Tick:
    return Tick(frame.y(up.share(goal)), f"{goal:.3f}")


def _curve(frame: Frame, precision: Sequence[float]) -> list[tuple[float, float]]:
    last = len(precision) - 1
    return [(frame.x(at / last), frame.y(value)) for at, value in enumerate(precision)]


def _points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in places)


def _round_up(step: float, least: float) -> float:
    """The next of 1, 2, 5, 10 … at or above `step`."""
    if step <= least:
        return least
    power = 10.0 ** floor(log10(step))
    return next(each * power for each in STEPS if each * power >= step * (1 - 1e-9))
