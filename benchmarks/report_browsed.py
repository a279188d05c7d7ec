"""Open a page in Chromium, and filter its gallery, as people do."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import made
from figures import Figure

from tests.browsing import CHROMIUM, watched
from ymir.report.links import BACKGROUND, gallery_link

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

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


@dataclass(frozen=True)
class Took:
    """Seconds until it was drawn, and of the processor in them: for a machine that others use."""

    wall: float
    cpu: float


def browsed(page: Path, images: int) -> list[Figure]:
    """How soon the page is there, and how soon it shows what was asked for."""
    with _browser() as browser:
        report = [_opened(browser, page.as_uri(), _CHART) for _ in range(_OPENINGS)]
        gallery = [_opened(browser, f"{page.as_uri()}#err=fn", _CELL) for _ in range(_OPENINGS)]
        filters = _filtered(browser, page.as_uri(), images)
    return [
        *_opening("the report's first chart", report),
        *_opening("the gallery's first images", gallery),
        *_filtering(filters),
    ]


def _opening(what: str, took: Sequence[Took]) -> list[Figure]:
    name = f"opens: {what} (median of {len(took)})"
    return [
        Figure(name, _wall(took), "s", "at most", OPENED),
        Figure(f"{name}: CPU", _cpu(took), "s"),
    ]


def _filtering(filters: Sequence[Sequence[Took]]) -> list[Figure]:
    """Of each filter the median."""
    wall, cpu = ([1000 * of(each) for each in filters] for of in (_wall, _cpu))
    slowest, middle = f"a filter, the slowest of {len(filters)}", "a filter in the middle"
    return [
        Figure(slowest, max(wall), "ms", "at most", FILTERED),
        Figure(f"{slowest}: CPU", max(cpu), "ms"),
        Figure(middle, statistics.median(wall), "ms"),
        Figure(f"{middle}: CPU", statistics.median(cpu), "ms"),
    ]


def _wall(took: Sequence[Took]) -> float:
    return statistics.median(each.wall for each in took)


def _cpu(took: Sequence[Took]) -> float:
    return statistics.median(each.cpu for each in took)


def _opened(browser: Browser, address: str, shown: str) -> Took:
    """From the navigation's start until the first such element has a size."""
    with watched(browser) as page:
        used = _processor(page)
        page.goto(address, wait_until="commit")
        page.wait_for_function(_DRAWN.format(shown), polling="raf")
        return Took(page.evaluate("performance.now()") / 1000, used())


def _filtered(browser: Browser, address: str, images: int) -> list[list[Took]]:
    """What each filter takes, a few times; most must show other images."""
    took: dict[str, list[Took]] = {asked: [] for asked in _filters()}
    said = set()
    with watched(browser) as page:
        used = _processor(page)
        page.goto(f"{address}#sort=file")
        page.wait_for_function(_DRAWN.format(_CELL), polling="raf")
        for asked in list(took) * _REPEATS:
            before = used()
            milliseconds, status = page.evaluate(_FILTER, asked)
            took[asked].append(Took(milliseconds / 1000, used() - before))
            said.add(status)
    if len(said) < len(took) // 2 or not all(f"of {images:,} images" in each for each in said):
        raise SystemExit(f"the gallery does not filter: {sorted(said)}")
    return list(took.values())


def _processor(page: Page) -> Callable[[], float]:
    """Says how many seconds of a processor the page's own thread has used."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "ThreadTime")

    return used


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
