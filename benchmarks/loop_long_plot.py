"""What rounds without end cost, drawn: a panel for each thing that should not grow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import vl_convert
from pydantic import JsonValue

_WIDTH, _HEIGHT = 250, 130
_COLOUR = "#2c7fb8"
_FAKES = {
    "memory": "memory, MB",
    "handles": "open files",
    "plan": "a plan, ms of CPU",
    "pointer": "the round's record, kB",
    "report pointer": "the report's record, kB",
    "job folders": "folders of jobs",
}
_REAL = {
    "memory": "memory, MB",
    "handles": "open files",
    "cpu": "CPU so far, s",
    "git": "the git repository, kB",
    "objects": "DVC objects, kB",
    ".ymir": ".ymir, kB",
}


def plot(fakes: Sequence[Mapping[str, float]], real: Sequence[Mapping[str, float]]) -> str:
    """An SVG: above the rounds of fakes, below the real ones."""
    rows = [
        *_rows(f"{len(fakes)} rounds of fakes", fakes, _FAKES),
        *_rows(f"{len(real)} real rounds", real, _REAL),
    ]
    spec: dict[str, JsonValue] = {
        "vconcat": rows,
        "background": "white",
        "config": {"view": {"stroke": None}, "font": "sans-serif"},
    }
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))


def _rows(
    title: str, found: Sequence[Mapping[str, float]], names: Mapping[str, str]
) -> list[JsonValue]:
    panels = [_panel(found, name, f"{title}: {said}") for name, said in names.items()]
    return [{"hconcat": [*panels[:3]]}, {"hconcat": [*panels[3:]]}]


def _panel(found: Sequence[Mapping[str, float]], name: str, title: str) -> dict[str, JsonValue]:
    values: list[JsonValue] = [{"round": each["round"], "value": each[name]} for each in found]
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "title": {"text": title, "fontSize": 11},
        "data": {"values": values},
        "mark": {"type": "line", "color": _COLOUR},
        "encoding": {
            "x": {"field": "round", "type": "quantitative", "title": None},
            "y": {"field": "value", "type": "quantitative", "title": None},
        },
    }
