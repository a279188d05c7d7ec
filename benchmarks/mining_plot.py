"""The curves of strategies, drawn: mAP over labels, the mean of all worlds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import vl_convert
from pydantic import JsonValue

from ymir.simulation.curves import Replay

_WIDTH, _HEIGHT = 360, 260
_COLOURS = ("#c0392b", "#7f8c8d", "#2c7fb8", "#31a354", "#756bb1", "#e6a117", "#1b9e9e", "#8c564b")


def plot(kinds: Mapping[str, Sequence[Replay]], *, first: str, beside: str) -> str:
    """An SVG with a panel for each kind of world; dashes are the mAP with all labels."""
    names = [name for found in kinds.values() for each in found for name in each.curves]
    ordered = list(dict.fromkeys([first, beside, *names]))
    panels = [_panel(kind, found, ordered) for kind, found in kinds.items() if found]
    spec = {
        "hconcat": panels,
        "background": "white",
        "config": {"view": {"stroke": None}, "font": "sans-serif"},
    }
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _panel(kind: str, found: Sequence[Replay], names: Sequence[str]) -> dict[str, JsonValue]:
    full = sum(each.full for each in found) / len(found)
    colour: dict[str, JsonValue] = {
        "field": "strategy",
        "type": "nominal",
        "title": None,
        "scale": {"domain": [*names], "range": [*_COLOURS[: len(names)]]},
    }
    x: dict[str, JsonValue] = {
        "field": "labels",
        "type": "quantitative",
        "title": "labelled images",
    }
    y: dict[str, JsonValue] = {
        "field": "map",
        "type": "quantitative",
        "title": "mAP",
        "scale": {"zero": False},
    }
    lines: dict[str, JsonValue] = {
        "data": {"values": list(_rows(found, names))},
        "mark": {"type": "line", "point": {"size": 14}},
        "encoding": {"x": x, "y": y, "color": colour},
    }
    rule: dict[str, JsonValue] = {
        "data": {"values": [{"map": full}]},
        "mark": {"type": "rule", "strokeDash": [4, 3], "color": "#555"},
        "encoding": {"y": y},
    }
    title = f"{kind}: mean of {len(found)} worlds; dashes: all labels"
    return {"width": _WIDTH, "height": _HEIGHT, "title": title, "layer": [rule, lines]}


def per_class(found: Sequence[Replay], names: Sequence[str], labels: Sequence[str]) -> str:
    """An SVG with a panel for each class: its AP over labels, the mean of all worlds."""
    rows: list[JsonValue] = []
    for name in names:
        curves = [each.curves[name] for each in found if name in each.curves]
        for points in zip(*curves, strict=False) if curves else ():
            for label in labels:
                mean = sum(point.per_class.get(label, 0.0) for point in points) / len(points)
                told = {"strategy": name, "labels": points[0].labels, "ap": mean}
                rows.append({**told, "class": label.replace("_", " ")})
    ordered = [label.replace("_", " ") for label in labels]
    spec: dict[str, JsonValue] = {
        "data": {"values": rows},
        "facet": {"field": "class", "type": "nominal", "title": None, "sort": [*ordered]},
        "columns": 5,
        "spec": {
            "width": 130,
            "height": 100,
            "mark": "line",
            "encoding": {
                "x": {"field": "labels", "type": "quantitative", "title": None},
                "y": {"field": "ap", "type": "quantitative", "title": None},
                "color": {
                    "field": "strategy",
                    "type": "nominal",
                    "title": None,
                    "scale": {"domain": [*names], "range": [*_COLOURS[: len(names)]]},
                },
            },
        },
        "background": "white",
        "config": {"font": "sans-serif"},
    }
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _rows(found: Sequence[Replay], names: Sequence[str]) -> Iterator[JsonValue]:
    for name in names:
        curves = [each.curves[name] for each in found if name in each.curves]
        for points in zip(*curves, strict=False) if curves else ():
            mean = sum(point.map for point in points) / len(points)
            yield {"strategy": name, "labels": points[0].labels, "map": mean}
