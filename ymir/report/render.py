"""Turns a report into one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from markupsafe import Markup

from ymir.report.model import ProjectReport, Report, RoundReport
from ymir.report.plots import curve_chart, progress_chart
from ymir.report.templates import asset, policy, templates


def render(report: Report) -> str:
    """The page of a round or of a project."""
    style, script = asset("report.css"), asset("report.js")
    shared = {
        "report": report,
        "chart": progress_chart(report.progress),
        "style": Markup(style),  # noqa: S704 - our own file, and no value of a user is in it
        "script": Markup(script),  # noqa: S704 - likewise
        "policy": policy(style, [script]),
    }
    match report:
        case RoundReport():
            charts = [curve_chart(each) for each in report.curves]
            return templates().get_template("round.html").render(shared, curves=charts)
        case ProjectReport():
            return templates().get_template("project.html").render(shared)
