"""Figures with their noise, a row each: slices of the testing set, contenders; and costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pydantic import JsonValue

from ymir.metrics.scores import Band
from ymir.report.charts.spec import Spec, layered, link, linked, quantity, scale, word
from ymir.report.links import gallery_link
from ymir.report.shown.origin import Step
from ymir.report.shown.pages import Contender
from ymir.report.shown.quality import SliceRow
from ymir.report.words import duration, figure, plural

_ROW = 24  # pixels
_MOST = 32  # rows that a chart can bear
_LONGEST = 24  # letters of a name
_AXIS: Spec = {"grid": True, "tickCount": 5}
_AXIS_HIGH = 36  # pixels


def slices_chart(slices: Sequence[SliceRow], overall: Band | None, *, width: int = 520) -> Spec:
    """AP50 of each part with its interval, beside that of the whole set."""
    rows = [
        {
            "name": _slice_name(each),
            **_band(each.ap50),
            "link": link(_slice_link(each)),
            "says": f"{each.group} {each.name}: AP50 {figure(each.ap50.value)} on "
            f"{plural(each.images, 'image')} with {plural(each.boxes, 'box')}",
        }
        for each in slices
        if each.ap50
    ][:_MOST]
    whole: list[JsonValue] = [{"whole": overall.value}] if overall else []
    rule: Spec = {
        "data": {"values": whole},
        "mark": {"type": "rule", "color": "var(--dim)", "strokeDash": [4, 3]},
        "encoding": {"x": quantity("whole", None)},
    }
    return _intervals(rows, "AP50", [rule], width=width)


def contenders_chart(contenders: Sequence[Contender], *, width: int = 560) -> Spec:
    """The mAP of each contender with its interval."""
    rows = [
        {
            "name": each.name,
            **_band(each.map),
            "link": link(gallery_link(model=each.name)),
            "says": f"{each.name}: mAP {figure(each.map.value)}, {each.says}",
        }
        for each in contenders
    ]
    return _intervals(rows, "mAP", (), width=width)


def cost_chart(steps: Sequence[Step], *, width: int = 520) -> Spec:
    """How long each stage took."""
    rows: list[Spec] = [
        {"kind": each.kind, "seconds": each.seconds, "text": duration(each.seconds)}
        for each in steps
        if each.seconds is not None
    ]
    most = max((each.seconds or 0 for each in steps), default=0) or 1
    bar: Spec = {"mark": {"type": "bar", "color": "var(--line)", "height": 12, "stroke": None}}
    text: Spec = {
        "mark": {"type": "text", "align": "left", "dx": 6},
        "encoding": {"text": {"field": "text"}},
    }
    chart = layered(rows, [bar, text], width=width, height=_ROW * max(1, len(rows)))
    x = quantity("seconds", None, axis=None, scale=scale(0, most * 1.2))
    return chart | {"encoding": {"x": x, "y": word("kind")}}


def _slice_name(each: SliceRow) -> str:
    is_plain = each.kind in ("size", "declared")
    return each.name if is_plain else f"{each.group}: {each.name}"


def _slice_link(each: SliceRow) -> str:
    match each.kind:
        case "size":
            return gallery_link(size=each.name)
        case "tag":
            return gallery_link(tag=f"{each.group}={each.name}")
        case "attribute":
            return gallery_link(attr=f"{each.group}={each.name}")
        case "declared":
            return gallery_link(slice=each.name)


def _band(band: Band) -> Spec:
    return {"value": band.value, "low": band.low, "high": band.high, "text": figure(band.value)}


def _intervals(rows: Sequence[Spec], title: str, behind: Sequence[Spec], *, width: int) -> Spec:
    at: Spec = {"x": quantity("value", title, scale=scale(0, 1), axis=_AXIS)}
    row: Spec = {"y": word("name", axis={"labelLimit": 0})}
    layers: list[Spec] = [
        *behind,
        {
            "mark": {"type": "rule", "color": "var(--line)", "opacity": 0.45, "strokeWidth": 5},
            "encoding": {"x": quantity("low", title), "x2": {"field": "high"}, **row},
        },
        {
            "mark": {"type": "point", "filled": True, "size": 90, "color": "var(--line)"},
            "encoding": {"opacity": {"value": 1}, **linked(), **at, **row},
        },
        {
            "mark": {"type": "text", "align": "left", "dx": 8},
            "encoding": {"x": quantity("high", title), "text": {"field": "text"}, **row},
        },
    ]
    return layered(
        _distinct(rows), layers, width=width, height=_ROW * max(1, len(rows)) + _AXIS_HIGH
    )


def _distinct(rows: Sequence[Spec]) -> list[Spec]:
    """Names short enough to stand, which Vega cuts amid emoji, and a row for each of two alike."""
    seen: Counter[str] = Counter()
    named = []
    for each in rows:
        name = str(each["name"])
        short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
        named.append({**each, "name": short + "\u200b" * seen[short]})
        seen[short] += 1
    return named
