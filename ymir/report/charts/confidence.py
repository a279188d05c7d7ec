"""How many predictions are right at each score, and where the suggested threshold lies."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ymir.report.charts.spec import Spec, layered, link, linked, quantity, scale
from ymir.report.links import gallery_link
from ymir.report.shown.quality import Bin, Confidence
from ymir.report.words import figure, plural

_ROOT: Spec = {"type": "sqrt"}  # models guess faintly and often: those bars would dwarf all others


def confidence_chart(confidence: Confidence, *, width: int = 560, height: int = 210) -> Spec:
    """Right ones below, wrong ones on top; a bar leads to its boxes."""
    rows = [row for each in confidence.bins for row in _stacked(each)]
    at: list[JsonValue] = [{"score": confidence.suggested.score}]
    domain: list[JsonValue] = ["right", "wrong"]
    colours: list[JsonValue] = ["var(--good)", "var(--bad)"]
    kind: Spec = {"field": "kind", "type": "nominal", "title": None}
    bars: Spec = {
        "mark": {"type": "bar", "binSpacing": 2, "opacity": 0.8},
        "encoding": {
            "x": quantity("low", "score", scale=scale(0, 1), axis={"tickCount": 10}),
            "x2": {"field": "high"},
            "y": quantity(
                "from",
                "predictions, root scale",
                scale=_ROOT,
                axis={"tickCount": 4, "format": "~s"},
            ),
            "y2": {"field": "to"},
            "color": kind | {"scale": {"domain": domain, "range": colours}},
            **linked(),
        },
    }
    rule: Spec = {
        "data": {"values": at},
        "mark": {"type": "rule", "color": "var(--ink)", "strokeDash": [4, 3]},
        "encoding": {"x": quantity("score", None)},
    }
    return layered(rows, [bars, rule], width=width, height=height)


def confidence_says(confidence: Confidence) -> str:
    """The chart in words."""
    right, wrong = (sum(getattr(b, of) for b in confidence.bins) for of in ("right", "wrong"))
    return (
        f"{plural(right, 'prediction')} right and {wrong:,} wrong, by score; the best F1 is at "
        f"score {figure(confidence.suggested.score)}"
    )


def _stacked(each: Bin) -> Iterator[Spec]:
    address = gallery_link(low=round(each.low, 3), high=round(each.high, 3))
    parts = (("right", 0, each.right, "tp"), ("wrong", each.right, each.right + each.wrong, "fp"))
    for kind, start, end, outcome in parts:
        if end > start:
            yield {
                "low": each.low,
                "high": each.high,
                "kind": kind,
                "from": start,
                "to": end,
                "link": link(f"{address}&err={outcome}"),
                "says": f"{plural(end - start, 'prediction')} {kind}, "
                f"score {each.low:.2f} to {each.high:.2f}",
            }
