"""Open a page in Chromium, and filter its gallery, as people do."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import made
from figures import Figure

from tests.browsing import CHROMIUM, watched
from ymir.report.links import BACKGROUND, gallery_link

if TYPE_CHECKING:
    from playwright.sync_api import Browser

OPENED, FILTERED = 3.0, 200.0  # seconds, milliseconds
_OPENINGS, _REPEATS = 5, 3
_CHART, _CELL = "main svg", "#album-grid canvas"
_DRAWN = """() => document.querySelector('{}')?.getBoundingClientRect().width > 0"""
# From the change of the address until the browser has drawn what it leads to.
_FILTER = """async (address) => {
    const since = performance.now();
    location.hash = address;
    await new Promise((done) => addEventListener("hashchange", done, { once: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const status = document.getElementById("album-status").textContent;
    return [performance.now() - since, status];
}"""


def browsed(page: Path, images: int) -> list[Figure]:
    """How soon the page is there, and how soon it shows what was asked for."""
    with _browser() as browser:
        report = [_opened(browser, page.as_uri(), _CHART) for _ in range(_OPENINGS)]
        gallery = [_opened(browser, f"{page.as_uri()}#err=fn", _CELL) for _ in range(_OPENINGS)]
        filters = _filtered(browser, page.as_uri(), images)
    return [
        _opening("the report's first chart", report),
        _opening("the gallery's first images", gallery),
        _filtering(f"the slowest of {len(filters)}", max(filters)),
        Figure(f"a filter, the median of {len(filters)}", statistics.median(filters), "ms"),
    ]


def _opening(what: str, seconds: Sequence[float]) -> Figure:
    name = f"opens: {what} (median of {len(seconds)})"
    return Figure(name, statistics.median(seconds), "s", "at most", OPENED)


def _filtering(what: str, milliseconds: float) -> Figure:
    return Figure(f"a filter, {what}", milliseconds, "ms", "at most", FILTERED)


def _opened(browser: Browser, address: str, shown: str) -> float:
    """Seconds from the navigation's start until the first such element has a size."""
    with watched(browser) as page:
        page.goto(address, wait_until="commit")
        page.wait_for_function(_DRAWN.format(shown), polling="raf")
        milliseconds: float = page.evaluate("performance.now()")
        return milliseconds / 1000


def _filtered(browser: Browser, address: str, images: int) -> list[float]:
    """Milliseconds that each filter takes, medians of a few; most must show other images."""
    took: dict[str, list[float]] = {asked: [] for asked in _filters()}
    said = set()
    with watched(browser) as page:
        page.goto(f"{address}#sort=file")
        page.wait_for_function(_DRAWN.format(_CELL), polling="raf")
        for asked in list(took) * _REPEATS:
            milliseconds, status = page.evaluate(_FILTER, asked)
            took[asked].append(milliseconds)
            said.add(status)
    if len(said) < len(took) // 2 or not all(f"of {images:,} images" in each for each in said):
        raise SystemExit(f"the gallery does not filter: {sorted(said)}")
    return [statistics.median(each) for each in took.values()]


def _filters() -> Iterator[str]:
    """Addresses as the links of a report have them, and as its filters make them."""
    for label in made.LABELS:
        yield gallery_link(class_=label)
    for err in ("tp", "fp", "fn"):
        yield gallery_link(err=err)
        yield gallery_link(class_=made.LABELS[0], err=err, sort="score")
    for score in range(0, 100, 10):  # the slider
        yield gallery_link(err="fp", score=score / 100)
    yield gallery_link(truth=made.LABELS[0], pred=made.LABELS[1])
    yield gallery_link(truth=made.LABELS[0], pred=BACKGROUND)
    yield gallery_link(size="small")
    yield gallery_link(tag="camera=camera-03", err="fn")
    yield gallery_link(round=1, beside=2)
    yield gallery_link(change="broken")


@contextmanager
def _browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
