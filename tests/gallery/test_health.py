"""The page of a dataset's health says what was found, and needs nothing but itself."""

import re
import shutil

import pytest

from tests.components import needs
from tests.gallery.browser import browser
from tests.media.pictures import picture, put
from ymir.data.health import health
from ymir.data.table import table
from ymir.gallery.health import page, render_health

HOSTILE = "</style><script>alert(1)</script>"


def sick():
    """A box out of its image, on a picture with an evil name and an evil class."""
    box = {"label": HOSTILE, "x": 50.0, "y": 10.0, "w": 90.0, "h": 20.0}
    size = {"width": 64, "height": 48}
    return table(
        {"image": f"{at:032x}", "file": f"{HOSTILE}{at}.jpg", "objects": objects, **size}
        for at, objects in enumerate([[box], []])
    )


def test_what_was_found_is_on_the_page(tmp_path):
    found = health(sick())
    text = render_health("site@v1", found, lambda image: put(tmp_path / image, picture()))
    assert found.findings
    for finding in found.findings:
        assert finding.name in text
    assert text.count("data:image/webp") == sum(len(each.examples) for each in found.findings)


def test_the_worst_finding_decides_the_headline():
    assert page("a", health(sick()), lambda image: None).state == "missed"
    fine = table([])
    assert page("a", health(fine), lambda image: None).state in {"met", "open"}


def test_images_that_are_not_here_leave_gaps():
    assert "image not at hand" in render_health("a", health(sick()), lambda image: None)


def test_no_name_is_more_than_text_and_nothing_else_is_loaded():
    text = render_health(HOSTILE, health(sick()), lambda image: None)
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert not re.search(r"@import|url\(|https?:|\sstyle=|\son[a-z]+=", text)


@needs("browser", bool(shutil.which("chromium")), "apt-get install chromium")
def test_a_browser_opens_it_from_disk(tmp_path):
    path = put(tmp_path / "health.html", render_health("a", health(sick()), lambda image: None))
    with browser(tmp_path / "profile") as opened:
        opened.open(path.as_uri())
        assert opened.ask("getComputedStyle(document.querySelector('.tiles')).display") == "grid"
        assert opened.complaints == []


@pytest.mark.parametrize("rows", [[], [{"image": "a" * 32}]])
def test_an_empty_dataset_has_a_page(rows):
    assert "<h1" in render_health("a", health(table(rows)), lambda image: None)
