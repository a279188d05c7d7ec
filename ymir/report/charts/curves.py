"""Precision over recall of one class; its points lead to the boxes from that score on."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from ymir.report.charts.spec import THICK, THIN, Spec, layered, link, linked, quantity, scale
from ymir.report.links import gallery_link
from ymir.report.shown.quality import ClassCurve
from ymir.report.words import figure

_EVERY = 5  # of 101 points of recall: those that can be pointed at
COLOURS = 8  # --c0 … --c7


def curve_chart(curve: ClassCurve, *, width: int = 280, height: int = 190) -> Spec:
    """Now, a round ago, and where the threshold lies."""
    rows = [
        {"recall": recall, "precision": each, "before": earlier}
        for recall, each, earlier in zip(
            _recalls(curve.precision), curve.precision, _earlier(curve), strict=True
        )
    ]
    layers: list[Spec] = [
        {"mark": {"type": "area", "color": "var(--band)"}},
        {
            "mark": {"type": "line", "color": "var(--before)", "strokeDash": [3, 3]},
            "encoding": {"y": quantity("before", None)},
        },
        {"mark": {"type": "line", "color": "var(--line)", "strokeWidth": THICK}},
        _places(curve),
        *_threshold(curve),
    ]
    return layered(rows, layers, width=width, height=height) | {"encoding": _axes()}


def curve_says(curve: ClassCurve) -> str:
    """The chart in words."""
    said = f"Precision over recall of {curve.label}: AP50 {figure(curve.ap50)}"
    if not curve.at:
        return said
    recall, precision = curve.at
    return f"{said}, recall {recall:.2f} and precision {precision:.2f} at the threshold"


def curves_chart(
    curves: Sequence[tuple[str, ClassCurve]], *, width: int = 300, height: int = 200
) -> Spec:
    """One class under each contender, by name."""
    rows: list[Spec] = [
        {"recall": recall, "precision": each, "name": name}
        for name, curve in curves
        for recall, each in zip(_recalls(curve.precision), curve.precision, strict=True)
    ]
    names: list[JsonValue] = [name for name, _ in curves]
    range_: list[JsonValue] = [f"var(--c{at % COLOURS})" for at in range(len(names))]
    colour: Spec = {"field": "name", "type": "nominal", "legend": None}
    layers: list[Spec] = [{"mark": {"type": "line", "strokeWidth": THIN}}]
    return layered(rows, layers, width=width, height=height) | {
        "encoding": {**_axes(), "color": colour | {"scale": {"domain": names, "range": range_}}}
    }


def _axes() -> Spec:
    ends: list[JsonValue] = [0, 0.5, 1]
    axis: Spec = {"values": ends, "format": "g"}
    return {
        "x": quantity("recall", "recall", scale=scale(0, 1), axis=axis),
        "y": quantity("precision", "precision", scale=scale(0, 1.02), axis=axis),
    }


def _recalls(precision: Sequence[float]) -> list[float]:
    last = max(1, len(precision) - 1)
    return [at / last for at in range(len(precision))]


def _earlier(curve: ClassCurve) -> Sequence[float | None]:
    return curve.before or [None] * len(curve.precision)


def _places(curve: ClassCurve) -> Spec:
    """Invisible until pointed at; each leads to the boxes from its score on."""
    recalls = _recalls(curve.precision)
    rows: list[JsonValue] = [
        {
            "recall": recalls[at],
            "precision": curve.precision[at],
            "link": link(gallery_link(class_=curve.label, score=round(curve.score[at], 3))),
            "says": f"{curve.label}: recall {recalls[at]:.2f}, precision "
            f"{curve.precision[at]:.2f} from score {curve.score[at]:.2f} on",
        }
        for at in range(0, len(curve.score), _EVERY)
        if curve.precision[at] > 0
    ]
    return {
        "data": {"values": rows},
        "mark": {
            "type": "point",
            "filled": True,
            "size": 130,
            "opacity": 0,
            "color": "var(--line)",
        },
        "encoding": linked(),
    }


def _threshold(curve: ClassCurve) -> list[Spec]:
    if not curve.at:
        return []
    recall, precision = curve.at
    rows: list[JsonValue] = [{"recall": recall, "precision": precision}]
    mark: Spec = {"type": "point", "size": 70, "stroke": "var(--line)", "strokeWidth": 2}
    fill: Spec = {
        "fill": {"value": "var(--card)"},
        "fillOpacity": {"value": 1},
        "opacity": {"value": 1},
    }
    return [{"data": {"values": rows}, "mark": mark, "encoding": fill}]
