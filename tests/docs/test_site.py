"""The site: built strictly, complete, and content with nobody's network."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsing import a_browser
from tests.components import needs
from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = needs("mkdocs", find_spec("material") is not None, "pip install -e .[docs]")
_ASKED = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=\"?(https?:)?//[^>]*>"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the site, and what was said while it was built."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stderr


@pytest.fixture(scope="module")
def site(built: tuple[Path, str]) -> Path:
    return built[0]


def test_every_link_and_anchor_leads_somewhere(built: tuple[Path, str]) -> None:
    assert [line for line in built[1].splitlines() if line.startswith("WARNING")] == []


def test_it_has_each_part(site: Path) -> None:
    for page in ("reference/commands", "reference/specs/project", "repository/SECURITY"):
        assert (site / f"{page}.html").is_file(), page
    assert not [*site.rglob("*.py")]


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    pages = [page for page in site.rglob("*.html") if "example" not in page.parts]
    asked = {page.name: found[0] for page in pages if (found := _ASKED.search(page.read_text()))}
    assert len(pages) > 15
    assert not asked
    styles = [style.read_text() for style in site.rglob("*.css")]
    assert not [found for style in styles for found in re.findall(r"url\(\"?https?:[^)]*", style)]


@a_browser
def test_from_a_disk_it_opens_and_finds_words_without_a_network(site: Path, page: "Page") -> None:
    page.goto(f"{site.as_uri()}/reference/exit-codes.html")
    page.wait_for_function("document.querySelector('[data-md-component=search-query]').required")
    page.keyboard.press("/")
    page.keyboard.type("rollback")
    page.locator(".md-search-result__link", has_text="rollback").first.click()
    page.wait_for_url(re.compile(r"\?h="))
    assert "rollback" in page.locator("article").inner_text()
