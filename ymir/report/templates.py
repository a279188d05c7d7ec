"""The templates, styles and scripts in `reports/`, and what a browser lets a page do."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ymir.report import words
from ymir.report.links import BACKGROUND, gallery_link, part_link
from ymir.report.shown.batches import KINDS, PICKED, RETURNED
from ymir.resources import resource

FILTERS = (
    words.coded,
    words.count,
    words.duration,
    words.figure,
    words.heat,
    words.hours,
    words.moment,
    words.money,
    words.percent,
    words.plural,
    words.share,
    words.signed,
    words.some,
    words.some_more,
    words.spot,
    words.trend,
)


def asset(name: str) -> str:
    """The text of a file in `reports/`."""
    return (resource("reports") / name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """How a policy names a style or script that may stand in a page."""
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")


def policy(style: str, scripts: Sequence[str], images: str = "data:") -> str:
    """What a browser lets a page do: its own style and scripts, and images from these places."""
    allowed = " ".join(f"'{source_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; img-src {images}; style-src '{source_hash(style)}'; "
        f"script-src {allowed}; base-uri 'none'; form-action 'none'"
    )


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
    environment.globals.update(
        link=gallery_link,
        part_link=part_link,
        background=BACKGROUND,
        kinds=KINDS,
        tag_picked=PICKED,
        tag_returned=RETURNED,
    )
    return environment
