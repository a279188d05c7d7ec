"""The overall figure over the labels bought: rounds, noise, goal, random picks, and an outlook."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ymir.report.charts.spec import THICK, THIN, Rows, Spec, layered, link, linked, quantity, scale
from ymir.report.shown.summary import Outlook, Point, Progress
from ymir.report.words import figure, plural

_ROOM = 0.02  # above and below what is shown
_CLOSE = 0.09  # of the axis: what a name is high
_LEAST = 0.1  # of the axis: noise must not look like a gain


def progress_chart(progress: Progress, *, width: int = 640, height: int = 300) -> Spec:
    """One point per round, linked to its page."""
    low, high = _ends(progress)
    layers = [
        *_outlook(progress.outlook),
        _band(),
        *_goal(progress),
        *_control(progress),
        _line("round", "var(--line)", THICK),
        *_points(progress),
    ]
    rows = [*_rounds(progress), *_compared(progress)]
    chart = layered(rows, layers, width=width, height=height)
    y = quantity("value", None, scale=scale(low, high), axis={"format": ".2f", "tickCount": 5})
    x = quantity(
        "labels", "images labelled in the loop", scale=_along(progress), axis=_ticks(progress)
    )
    return chart | {"encoding": {"x": x, "y": y}}


def progress_says(progress: Progress) -> str:
    """The chart in words."""
    said = "; ".join(
        f"round {each.number} {figure(each.value.value)} with {each.labels:,} labels"
        for each in progress.points
    )
    goal = "" if progress.goal is None else f"; the goal is {figure(progress.goal)}"
    return f"{progress.name} of each round over the images labelled before it: {said}{goal}"


def _ends(progress: Progress) -> tuple[float, float]:
    shown = [*progress.points, *(progress.control.points if progress.control else ())]
    values = [end for each in shown for end in (each.value.low, each.value.high, each.value.value)]
    values += [] if progress.goal is None else [progress.goal]
    values += [each.value for each in progress.outlook.curve] if progress.outlook else []
    low, high = min(values) - _ROOM, max(values) + _ROOM
    lack = max(0.0, _LEAST - (high - low)) / 2
    return max(0.0, low - lack), min(1.02, high + lack)


def _along(progress: Progress) -> Spec:
    shown = [*progress.points, *(progress.control.points if progress.control else ())]
    most = max(each.labels for each in shown)
    if progress.outlook and progress.outlook.curve:
        most = max(most, progress.outlook.curve[-1].labels)
    return scale(-0.03 * most, 1.08 * most) if most else scale(-1, 1)


def _ticks(progress: Progress) -> Spec:
    """Whole labels only; where none was bought yet, just the zero."""
    axis: Spec = {"tickCount": 6, "tickMinStep": 1, "format": ",.0f", "labelOverlap": True}
    only: list[JsonValue] = [0]
    return axis if any(each.labels for each in progress.points) else axis | {"values": only}


def _rounds(progress: Progress) -> Rows:
    last = progress.points[-1].number
    low, high = _ends(progress)
    rows = [
        _row(each, progress.name)
        | {"kind": "round", "side": _side(each, progress.goal, (high - low) * _CLOSE)}
        for each in progress.points
    ]
    newest: Spec = {"is_last": True, "text": f"r{last} · {figure(progress.points[-1].value.value)}"}
    return [*rows[:-1], rows[-1] | newest]


def _side(point: Point, goal: float | None, room: float) -> str:
    """The end of its band where a point's name stands: the upper, unless the goal is there."""
    is_crossed = goal is not None and 0 <= goal - point.value.high <= room
    return "low" if is_crossed else "high"


def _compared(progress: Progress) -> Rows:
    if not progress.control:
        return []
    name = f"{progress.name} of {progress.control.project}"
    rows = [_row(each, name) | {"kind": "control", "text": ""} for each in progress.control.points]
    return [*rows[:-1], rows[-1] | {"text": "random picks"}]


def _row(point: Point, name: str) -> Spec:
    band = point.value
    return {
        "labels": point.labels,
        "value": band.value,
        "low": band.low,
        "high": band.high,
        "text": f"r{point.number}",
        "link": link(point.page),
        "says": f"Round {point.number}: {name} {figure(band.value)} "
        f"({figure(band.low)} to {figure(band.high)}), {plural(point.labels, 'label')}, "
        f"{plural(point.images, 'image')} in training",
    }


def _only(kind: str) -> JsonValue:
    return {"filter": f"datum.kind === '{kind}'"}


def _band() -> Spec:
    return {
        "transform": [_only("round")],
        "mark": {"type": "area", "color": "var(--band)"},
        "encoding": {"y": quantity("low", None), "y2": {"field": "high"}},
    }


def _line(kind: str, colour: str, wide: float, **more: JsonValue) -> Spec:
    mark: Spec = {"type": "line", "color": colour, "strokeWidth": wide}
    return {
        "transform": [_only(kind)],
        "mark": mark | more,
    }


def _points(progress: Progress) -> Iterator[Spec]:
    only: list[JsonValue] = [_only("round")]
    yield {
        "transform": only,
        "mark": {"type": "rule", "color": "var(--line)", "strokeWidth": 1, "opacity": 0.5},
        "encoding": {"y": quantity("low", None), "y2": {"field": "high"}},
    }
    newest: Spec = {"test": "datum.is_last", "value": "var(--line)"}
    fill: Spec = {"condition": newest, "value": "var(--card)"}
    is_solid: Spec = {"fillOpacity": {"value": 1}, "opacity": {"value": 1}}
    yield {
        "transform": only,
        "mark": {"type": "point", "size": 80, "stroke": "var(--line)", "strokeWidth": 2},
        "encoding": {"fill": fill, **is_solid, **linked()},
    }
    for side, baseline, shift in (("high", "bottom", -5), ("low", "top", 5)):
        yield {
            "transform": [*only, {"filter": f"datum.side === '{side}'"}],
            "mark": {"type": "text", "dy": shift, "baseline": baseline, "fontWeight": "bold"},
            "encoding": {"y": quantity(side, None), "text": {"field": "text"}},
        }


def _goal(progress: Progress) -> Iterator[Spec]:
    if progress.goal is None:
        return
    rows: list[JsonValue] = [{"goal": progress.goal, "text": f"goal {figure(progress.goal)}"}]
    at: Spec = {"y": quantity("goal", None), "x": {"value": 0}}
    yield {
        "data": {"values": rows},
        "mark": {"type": "rule", "color": "var(--goal)", "strokeDash": [6, 4], "strokeWidth": THIN},
        "encoding": {**at, "x2": {"value": "width"}},
    }
    yield {
        "data": {"values": rows},
        "mark": {"type": "text", "align": "left", "dx": 4, "dy": -7, "color": "var(--goal)"},
        "encoding": {**at, "text": {"field": "text"}},
    }


def _control(progress: Progress) -> Iterator[Spec]:
    if not progress.control:
        return
    dashes: list[JsonValue] = [2, 3]
    yield _line("control", "var(--control)", THIN, strokeDash=dashes)
    yield {
        "transform": [_only("control")],
        "mark": {"type": "point", "size": 46, "stroke": "var(--control)", "shape": "diamond"},
        "encoding": linked(),
    }
    yield {
        "transform": [_only("control")],
        "mark": {"type": "text", "align": "left", "dx": 8, "color": "var(--control)"},
        "encoding": {"text": {"field": "text"}},
    }


def _outlook(outlook: Outlook | None) -> Iterator[Spec]:
    if not outlook or not outlook.curve:
        return
    rows: list[JsonValue] = [
        {"labels": each.labels, "value": each.value, "low": each.low, "high": each.high}
        for each in outlook.curve
    ]
    yield {
        "data": {"values": rows},
        "mark": {"type": "area", "color": "var(--guess)", "opacity": 0.16, "clip": True},
        "encoding": {"y": quantity("low", None), "y2": {"field": "high"}},
    }
    yield {
        "data": {"values": rows},
        "mark": {
            "type": "line",
            "color": "var(--guess)",
            "strokeDash": [3, 4],
            "strokeWidth": THIN,
            "clip": True,
        },
    }
    yield {
        "data": {"values": [rows[-1]]},
        "mark": {"type": "text", "align": "right", "dy": 12, "color": "var(--guess)"},
        "encoding": {"y": quantity("low", None), "text": {"value": "estimate"}},
    }
