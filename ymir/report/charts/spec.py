"""The words of Vega-Lite that the charts share (https://vega.github.io/vega-lite/docs/)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

Spec = dict[str, JsonValue]
Rows = Sequence[Mapping[str, JsonValue]]

BASE = "https://ymir.invalid/"  # links must be whole for Vega; `svg` takes this away again
THIN, THICK = 1.5, 2.2


def layered(rows: Rows, layers: Sequence[Spec], *, width: int, height: int) -> Spec:
    """Marks on top of each other, over the same rows."""
    return {
        "width": width,
        "height": height,
        "data": {"values": [dict(each) for each in rows]},
        "layer": list(layers),
    }


def quantity(field: str, title: str | None, **more: JsonValue) -> Spec:
    """A channel that shows a number."""
    return {"field": field, "type": "quantitative", "title": title, **more}


def word(field: str, title: str | None = None, **more: JsonValue) -> Spec:
    """A channel that shows a name, in the order of the rows."""
    return {"field": field, "type": "nominal", "title": title, "sort": None, **more}


def linked() -> Spec:
    """What makes a mark a link that says in words what it is: the rows' `link` and `says`."""
    return {"href": {"field": "link", "type": "nominal"}, "description": {"field": "says"}}


def link(address: str) -> str:
    """An address of the page or beside it, as Vega takes it."""
    return BASE + address


def scale(low: float, high: float, **more: JsonValue) -> Spec:
    """An axis from `low` to `high`."""
    return {"domain": [low, high], "nice": False, "zero": False, **more}


CONFIG: Spec = {
    "background": None,
    "font": "system-ui, sans-serif",
    "padding": {"left": 14, "right": 4, "top": 4, "bottom": 2},  # the page's font may be wider
    "autosize": {"type": "fit", "contains": "padding"},
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": "var(--grid)",
        "labelColor": "var(--dim)",
        "labelFontSize": 12,
        "labelPadding": 6,
        "labelLimit": 150,
        "titleColor": "var(--dim)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
    },
    "axisX": {"grid": False},
    "text": {"fontSize": 12, "color": "var(--ink)"},
    "legend": {
        "labelColor": "var(--ink)",
        "labelFontSize": 12,
        "title": None,
        "orient": "top",
        "symbolStrokeWidth": 2,
    },
}
