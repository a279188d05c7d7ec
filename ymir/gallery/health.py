"""The health of a dataset as a page: what is in it, and what people should look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ymir.data.findings import Finding
from ymir.data.health import Bar, Health
from ymir.report.pictures import small_copy
from ymir.report.templates import asset, source_hash, templates
from ymir.report.words import plural

_SIDE = 268  # pixels of an example's longer side: twice what is shown
_WIDTH = 130  # pixels of a bar

# Says where an image's bytes lie; None where they are not at hand.
Locate = Callable[[str], Path | None]


@dataclass(frozen=True)
class Page:
    """What the template shows."""

    name: str
    state: str  # `met`, `open` or `missed`, as reports have it
    headline: str
    reason: str
    tiles: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    classes: tuple[Mapping[str, Any], ...]
    sizes: tuple[Mapping[str, Any], ...]


def render_health(name: str, found: Health, locate: Locate) -> str:
    """One self-contained HTML file."""
    style = asset("health.css")
    return (
        templates()
        .get_template("health.html")
        .render(
            page=page(name, found, locate),
            bar=_bar,
            style=Markup(style),  # noqa: S704 - our own file, and no value of a user is in it
            policy=(
                f"default-src 'none'; img-src data:; style-src '{source_hash(style)}'; "
                "base-uri 'none'; form-action 'none'"
            ),
        )
    )


def page(name: str, found: Health, locate: Locate) -> Page:
    """The figures of the page."""
    state, headline = _verdict(found)
    most = max((each.boxes for each in found.classes), default=0)
    return Page(
        name=name,
        state=state,
        headline=headline,
        reason=f"Seen: {plural(found.images, 'image')} with {plural(found.boxes, 'box')}.",
        tiles=(
            {"name": "images", "value": found.images, "says": f"{found.empty:,} without a box"},
            {"name": "boxes", "value": found.boxes, "says": _per_image(found)},
            {"name": "classes", "value": len(found.classes), "says": _ends(found)},
            {"name": "findings", "value": len(found.findings), "says": _counted(found.findings)},
        ),
        findings=tuple(_finding(each, locate) for each in found.findings),
        classes=tuple(
            {**asdict(each), "share": _share(each.boxes, most)} for each in found.classes
        ),
        sizes=(
            {"name": "in pixels", "rows": _bars(found.sizes)},
            {"name": "as a share of the image", "rows": _bars(found.shares)},
        ),
    )


def _verdict(found: Health) -> tuple[str, str]:
    match found.worst:
        case "error":
            return "missed", "Some of this must be mended before anybody trains on it"
        case "warning":
            return "open", "Some of this is worth a look"
    return "met", "Nothing here looks wrong"


def _per_image(found: Health) -> str:
    return f"{found.boxes / found.images:.1f} per image" if found.images else "no image"


def _ends(found: Health) -> str:
    if not found.classes:
        return "no box has one"
    first, last = found.classes[0], found.classes[-1]
    return f"most: {first.label}; fewest: {last.label}"


def _counted(findings: Iterable[Finding]) -> str:
    severities = [each.severity for each in findings]
    said = (
        plural(severities.count(each), each)
        for each in ("error", "warning", "note")
        if each in severities
    )
    return ", ".join(said) or "none"


def _finding(found: Finding, locate: Locate) -> Mapping[str, Any]:
    examples = []
    for each in found.examples:
        path = locate(each.image)
        copy = small_copy(path, _SIDE) if path else None
        examples.append({**asdict(each), "uri": copy.uri if copy else None})
    return {
        "name": found.name,
        "severity": found.severity,
        "count": _of(found.count, found.of),
        "means": found.means,
        "examples": examples,
    }


def _of(count: int, unit: str) -> str:
    """`3 images`, `1 group of images`."""
    noun, _, rest = unit.partition(" ")
    return f"{plural(count, noun)} {rest}".strip()


def _bars(bars: Iterable[Bar]) -> list[Mapping[str, Any]]:
    rows = list(bars)
    most = max((each.boxes for each in rows), default=0)
    return [
        {"size": each.size, "boxes": each.boxes, "share": _share(each.boxes, most)} for each in rows
    ]


def _share(count: int, most: int) -> float:
    return round(_WIDTH * count / most, 1) if most else 0.0


def _bar(width: float) -> Markup:
    """A bar of so many pixels; drawn, because the page allows no style in a tag."""
    return Markup(
        '<svg class="bar" viewBox="0 0 {} 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="whole" width="{}" height="8" rx="3"/>'
        '<rect class="part" width="{}" height="8" rx="3"/></svg>'
    ).format(_WIDTH, _WIDTH, width)
