"""The page of a round, a project or a comparison: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from markupsafe import Markup

from ymir.report.album.packing import Packed
from ymir.report.shown.pages import CompareReport, ProjectReport, Report, RoundReport
from ymir.report.templates import asset, policy, templates
from ymir.resources import resource

STYLES = ("report/colours.css", "report/report.css", "album/album.css", "report/print.css")
IMAGES = "'self' file: data: blob:"  # inlined, unpacked, or beside the page

Charts = Mapping[str, Markup | Sequence[Markup]]


def page(report: Report, *, charts: Charts, album: Packed | None) -> str:
    """The text of the page; without an album it has no gallery and no pictures."""
    style = "\n".join(asset(name) for name in STYLES)
    theme, script = asset("report/theme.js"), _script(has_gallery=album is not None)
    return (
        templates()
        .get_template(_template(report))
        .render(
            report=report,
            charts=charts,
            curves=list(zip_longest(_curves(report), charts.get("curves", ()))),
            reach=_reach(report),
            album=album,
            style=Markup(style),  # noqa: S704 - our own files, and no value of a user is in them
            theme=Markup(theme),  # noqa: S704 - likewise
            script=Markup(script),  # noqa: S704 - likewise
            policy=policy(style, [theme, script], IMAGES),
        )
    )


def _template(report: Report) -> str:
    match report:
        case RoundReport():
            return "report/round.html"
        case ProjectReport():
            return "report/project.html"
        case CompareReport():
            return "report/compare.html"


def _script(has_gallery: bool) -> str:
    """What the page does: its own part, then the gallery's."""
    folder = resource("reports") / "album"
    gallery = sorted(f"album/{path.name}" for path in folder.glob("*.js"))
    names = ("report/buttons.js", "report/report.js", *(gallery if has_gallery else ()))
    return "\n".join(asset(name) for name in names)


def _curves(report: Report) -> Sequence[object]:
    """What each chart of precision and recall is of: a curve, or the same class of contenders."""
    match report:
        case RoundReport():
            return report.curves
        case ProjectReport():
            return ()
        case CompareReport():
            return report.curves[0] if report.curves else ()


def _reach(report: Report) -> float:
    """The largest difference that a comparison holds possible: the ends of its lines."""
    if not isinstance(report, CompareReport):
        return 0.0
    ends = [abs(end) for each in report.differences for end in (each.change.low, each.change.high)]
    return max(ends, default=0.0)
