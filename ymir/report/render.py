"""Turns a report into one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ymir.report import words
from ymir.report.plots import curve_chart, progress_chart
from ymir.report.model import ProjectReport, Report, RoundReport
from ymir.resources import resource

FILTERS = (
    words.figure,
    words.signed,
    words.trend,
    words.count,
    words.percent,
    words.duration,
    words.heat,
    words.plural,
    words.spoken,
)


def render(report: Report) -> str:
    """The page of a round or of a project."""
    style, script = asset("report.css"), asset("report.js")
    shared = {
        "report": report,
        "chart": progress_chart(report.progress),
        "style": Markup(style),  # noqa: S704 - our own file, and no value of a user is in it
        "script": Markup(script),  # noqa: S704 - likewise
        "policy": _policy(style, script),
    }
    match report:
        case RoundReport():
            charts = [curve_chart(each) for each in report.curves]
            return templates().get_template("round.html").render(shared, curves=charts)
        case ProjectReport():
            return templates().get_template("project.html").render(shared)


def _policy(style: str, script: str) -> str:
    """What a browser lets the page do: nothing but its own style, script and inlined images."""
    return (
        f"default-src 'none'; img-src data:; style-src '{source_hash(style)}'; "
        f"script-src '{source_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def source_hash(text: str) -> str:
    """How a policy names a style or script that may stand in a page."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")


def asset(name: str) -> str:
    """The text of a file in `reports/`."""
    return (resource("reports") / name).read_text(encoding="utf-8")


@cache
def templates() -> Environment:
    """The templates in `reports/`; what is put in is escaped, and a name that is unknown fails."""
    environment = Environment(
        loader=FileSystemLoader(resource("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({each.__name__: each for each in FILTERS})
    return environment
