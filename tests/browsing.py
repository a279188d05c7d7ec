"""A real browser for tests; on any request to a network and any error of a page, the test fails."""

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.components import needs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")
LOCAL = ("file:", "data:", "blob:", "about:")
LAPTOP = {"width": 1366, "height": 768}
a_browser = needs(
    "browser",
    CHROMIUM is not None and importlib.util.find_spec("playwright") is not None,
    "apt-get install chromium; pip install -e .[dev]",
)


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """One Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def page(browser: "Browser") -> "Iterator[Page]":
    """A page the size of a laptop's screen, which may open files and nothing else."""
    with watched(browser) as found:
        yield found


@contextmanager
def watched(browser: "Browser", *, allow: str = "file:", **options: object) -> "Iterator[Page]":
    """A page that fails its test when it asks for any other address, or has an error.

    `allow` is what addresses may begin with besides, e.g. `http://127.0.0.1:8000/`; `options` are
    Playwright's for a context: `color_scheme="dark"`, `viewport=…`, `reduced_motion="reduce"`.
    """
    complaints: list[str] = []
    context = browser.new_context(**{"viewport": LAPTOP, **options})
    try:
        context.set_default_timeout(15_000)
        context.route(
            lambda url: not url.startswith((allow, *LOCAL)),
            lambda route: (complaints.append(f"asks for {route.request.url}"), route.abort()),
        )
        context.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context.new_page()
    finally:
        context.close()
    assert not complaints, complaints


def faults(page: "Page") -> list[str]:
    """What axe finds in the page that keeps people out, e.g. `color-contrast (serious): .name`."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{found['id']} ({found['impact']}): {node['html']}"
        for found in Axe().run(page).response["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]
