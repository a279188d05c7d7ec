"""A report's page with a small gallery, in a browser."""

from collections.abc import Callable

import pytest

from tests.report.browser import made

BODY = """
<p><a id="missed" href="#err=fn">missed</a> <a id="section" href="#below">below</a></p>
<div class="strip" data-show="set=mined&amp;sort=file" data-most="12"></div>
<div class="strip" id="wrong" data-show="err=fp" data-most="1"></div>
<div class="tall"></div><h2 id="below">Below</h2>
<p><a id="persons" href="#class=person">persons</a></p>
"""
PICTURES = [made.picture(0), made.picture(1)]


@pytest.fixture(scope="session")
def yard(tmp_path_factory) -> str:
    """The address of the page of `made.yard()`; the picture of `c` lies beside it."""
    folder = tmp_path_factory.mktemp("yard")
    return made.page(folder, made.yard(), pictures=PICTURES, body=BODY)


@pytest.fixture
def opened(page, yard) -> Callable[[str], None]:
    """Opens the page at an address, and waits until its images stand."""

    def go(address: str = "") -> None:
        page.goto("about:blank")
        page.goto(yard + address)
        page.wait_for_selector("html.album-ready")

    return go


@pytest.fixture
def files(page) -> Callable[[], list[str]]:
    """The names of the images in the grid, in their order."""
    return lambda: page.locator("#album-grid .album-cell .album-name").all_inner_texts()


@pytest.fixture
def status(page) -> Callable[[], str]:
    """What the page says of what is shown."""
    return lambda: page.locator("#album-status").inner_text()
