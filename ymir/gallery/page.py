"""The page of a gallery: one HTML file that reads nothing but images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ymir.report.templates import asset, source_hash, templates


def render(title: str, data: Mapping[str, Any]) -> str:
    """The page; `data` is written into it, as text that no name in it can end."""
    style, script = asset("gallery.css"), asset("gallery.js") + asset("gallery_large.js")
    return (
        templates()
        .get_template("gallery.html")
        .render(
            title=title,
            data=Markup(_embedded(data)),  # noqa: S704 - it holds no `<`, `>` or `&`
            style=Markup(style),  # noqa: S704 - our own file, and no value of a user is in it
            script=Markup(script),  # noqa: S704 - likewise
            policy=_policy(style, script),
        )
    )


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that stands in an HTML file; the signs that HTML reads are written as numbers."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _policy(style: str, script: str) -> str:
    """What a browser lets the page do: its own style and script, and images from disk."""
    return (
        f"default-src 'none'; img-src 'self' file: data:; style-src '{source_hash(style)}'; "
        f"script-src '{source_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
