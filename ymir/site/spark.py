"""A project's way so far, small: the figure of each round, its noise band, the goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ymir.report.words import figure
from ymir.site.shown import Figure, ProjectCard, RoundRow

WIDTH, HEIGHT = 400, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 12, 64, 12, 24
_LEAST = 0.04  # of the scale: what changes less looks flat
_PAD = 0.12
_APART = 13  # pixels between two words

Judged = tuple[RoundRow, Figure]


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    count: int

    def x(self, at: int) -> float:
        wide = WIDTH - _LEFT - _RIGHT
        return round(_LEFT + wide * (at / (self.count - 1) if self.count > 1 else 0.5), 1)

    def y(self, value: float) -> float:
        share = (self.high - value) / (self.high - self.low)
        return round(_TOP + share * (HEIGHT - _TOP - _BOTTOM), 1)


def sparkline(project: ProjectCard) -> Markup:
    """The drawing; nothing where no round is judged."""
    judged = [(row, row.figure) for row in reversed(project.rounds) if row.figure]
    if not judged:
        return Markup()
    scale = _scaled(judged, project.goal)
    values = [(scale.x(at), scale.y(each.value)) for at, (_, each) in enumerate(judged)]
    told = ", ".join(f"round {row.number} {figure(each.value)}" for row, each in judged)
    parts = [
        _band(judged, scale),
        _goal(project.goal, scale),
        Markup('<polyline class="line" points="{}"/>').format(_points(values)),
        *(_mark(each, place) for each, place in zip(judged, values, strict=True)),
        _words(judged[-1][1].value, project.goal, scale),
    ]
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(WIDTH, HEIGHT, f"{project.measure}: {told}", Markup().join(parts))


def _scaled(judged: Sequence[Judged], goal: float | None) -> _Scale:
    """From the lowest to the highest of all that is drawn, with room around."""
    ends = [end for _, each in judged for end in (each.value, each.low, each.high)]
    known = [each for each in (*ends, goal) if each is not None]
    low, high = min(known), max(known)
    room = (high - low) * _PAD + max(0.0, _LEAST - (high - low)) / 2
    return _Scale(low - room, high + room, len(judged))


def _band(judged: Sequence[Judged], scale: _Scale) -> Markup:
    """The noise around the line; as a bar where there is but one round."""
    known = [
        (scale.x(at), scale.y(each.high), scale.y(each.low))
        for at, (_, each) in enumerate(judged)
        if each.low is not None and each.high is not None
    ]
    if len(known) == 1:
        x, top, bottom = known[0]
        return Markup('<line class="noise" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            x, x, top, bottom
        )
    upper = [(x, top) for x, top, _ in known]
    lower = [(x, bottom) for x, _, bottom in reversed(known)]
    return Markup('<polygon class="band" points="{}"/>').format(_points([*upper, *lower]))


def _goal(goal: float | None, scale: _Scale) -> Markup:
    if goal is None:
        return Markup()
    y = scale.y(goal)
    return Markup('<line class="goal" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
        _LEFT, WIDTH - _RIGHT, y, y
    )


def _mark(each: Judged, place: tuple[float, float]) -> Markup:
    row, found = each
    x, y = place
    noise = f" ± {figure(found.half)}" if found.half else ""
    return Markup(
        '<g class="mark"><circle cx="{}" cy="{}" r="3.6"/><text x="{}" y="{}">{}</text>'
        "<title>round {}: {}{}</title></g>"
    ).format(x, y, x, HEIGHT - 6, row.number, row.number, figure(found.value), noise)


def _words(last: float, goal: float | None, scale: _Scale) -> Markup:
    """The newest figure and the goal at the right, moved apart where they would touch."""
    x, now = WIDTH - _RIGHT + 8, scale.y(last)
    said = Markup('<text class="now" x="{}" y="{}">{}</text>')
    if goal is None:
        return said.format(x, now + 4, figure(last))
    line = scale.y(goal)
    if abs(line - now) < _APART:
        middle = (line + now) / 2
        is_above = line <= now
        line, now = (
            (middle + (-_APART if is_above else _APART) / 2),
            (middle + (_APART if is_above else -_APART) / 2),
        )
    return said.format(x, round(now + 4, 1), figure(last)) + Markup(
        '<text class="wanted" x="{}" y="{}">goal {}</text>'
    ).format(x, round(line + 4, 1), f"{goal:g}")


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)
