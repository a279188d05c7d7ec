"""Turns what a workspace shows into one HTML file; what lies beside it is images and links."""

from __future__ import annotations

from markupsafe import Markup

from ymir.report.templates import asset, policy, templates
from ymir.site.shown import Site
from ymir.site.spark import sparkline
from ymir.site.words import day, signed_count, size

MARK = "ymir site"  # what `generator` says of our own pages


def render(site: Site, *, is_live: bool = False) -> str:
    """The page; a live one may also ask its own server how things stand."""
    style = asset("report/colours.css") + asset("site/site.css")
    theme, script = asset("report/theme.js"), asset("report/buttons.js") + asset("site/site.js")
    if is_live:
        script += asset("site/live.js")
    allowed = policy(style, [theme, script], images="'self' file: data:")
    return (
        templates()
        .get_template("site/site.html")
        .render(
            site=site,
            is_live=is_live,
            mark=MARK,
            style=Markup(style),  # noqa: S704 - our own file, and no value of a user is in it
            theme=Markup(theme),  # noqa: S704 - likewise
            script=Markup(script),  # noqa: S704 - likewise
            policy=f"{allowed}; connect-src 'self'" if is_live else allowed,
            sparkline=sparkline,
            day=day,
            size=size,
            signed_count=signed_count,
        )
    )
