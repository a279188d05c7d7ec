"""Mistakes of the model on a mined image beside one by lot, with their noise, round by round."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ymir.picking.yields import Share, Yield
from ymir.report.charts.spec import Spec, layered, link, linked, quantity, scale, word
from ymir.report.links import gallery_link
from ymir.report.shown.batches import KINDS, PICKED, Kind
from ymir.report.shown.mining import Mining
from ymir.report.words import plural, some

SO_FAR = "so far"

_ROW = 40  # pixels
_AXIS_HIGH = 62  # pixels, with the legend
_MOST = 12  # rounds that a chart can bear: the newest
_COLOURS: dict[Kind, str] = {"mined": "var(--line)", "control": "var(--control)"}
_AXIS: Spec = {"grid": True, "tickCount": 5}


def mining_chart(mining: Mining, *, width: int = 520) -> Spec:
    """Two intervals for each round, and for all of them; a point leads to its images."""
    rows = list(_rows(mining))
    most = max((float(str(each["high"])) for each in rows), default=0.0) or 1.0
    names: list[JsonValue] = [KINDS[kind] for kind in _COLOURS]
    colours: list[JsonValue] = list(_COLOURS.values())
    beside: Spec = {"field": "kind", "type": "nominal", "sort": names}
    colour: Spec = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "scale": {"domain": names, "range": colours},
    }
    at = quantity("value", "mistakes per image", scale=scale(0, most * 1.08), axis=_AXIS)
    layers: list[Spec] = [
        {
            "mark": {"type": "rule", "opacity": 0.45, "strokeWidth": 5},
            "encoding": {"x": quantity("low", "mistakes per image"), "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 80},
            "encoding": {"x": at, "opacity": {"value": 1}, **linked()},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 8},
            "encoding": {"x": quantity("high", "mistakes per image"), "text": {"field": "text"}},
        },
    ]
    count = len({each["name"] for each in rows})
    chart = layered(rows, layers, width=width, height=_ROW * max(1, count) + _AXIS_HIGH)
    return chart | {"encoding": {"y": word("name"), "yOffset": beside, "color": colour}}


def mining_says(mining: Mining) -> str:
    """The chart in words."""
    said = "; ".join(str(each["says"]) for each in _rows(mining))
    return f"Mistakes of the model per image, of mined images and of images by lot: {said}"


def _rows(mining: Mining) -> Iterator[Spec]:
    for each in mining.rounds[-_MOST:]:
        yield from _both(f"round {each.number}", each.found, each.page)
    if mining.so_far and len(mining.rounds) > 1:
        yield from _both(SO_FAR, mining.so_far, "")


def _both(name: str, found: Yield, page: str) -> Iterator[Spec]:
    shares: dict[Kind, Share] = {"mined": found.mined, "control": found.control}
    for kind, share in shares.items():
        band = share.mistakes
        images = gallery_link(set="mined", tag=f"{PICKED}={KINDS[kind]}")
        yield {
            "name": name,
            "kind": KINDS[kind],
            "value": band.value,
            "low": band.low,
            "high": band.high,
            "text": some(band.value),
            "link": link(f"{page}{images}" if page else "#mining"),
            "says": f"{name}: {some(band.value)} mistakes ({some(band.low)} to {some(band.high)}) "
            f"on each of {plural(share.images, 'image')} {KINDS[kind]}",
        }
