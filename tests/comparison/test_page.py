"""The page of a comparison: its numbers, its gallery, its place, and hostile names."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsing import a_browser, faults
from tests.comparison.contest import contest
from tests.loop.test_models import package
from tests.workspaces import Workspace
from ymir.comparison.page import page_path

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Words(HTMLParser):
    """What a page says, without its scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said += data.split()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return contest(tmp_path_factory.mktemp("contest") / "pets")


@pytest.fixture(scope="module")
def said(workspace: Workspace) -> dict:
    return workspace.data("compare", "pets/r2", "pets/r1", "before")


def test_the_page_shows_the_numbers_of_its_report(said: dict) -> None:
    read = Words()
    read.feed(Path(said["page"]).read_text())
    words = " ".join(read.said)
    assert said["headline"] in words
    figures = [each["map"]["value"] for each in said["contenders"]]
    figures += [ap["value"] for row in said["classes"] for ap in row["ap50"]]
    figures += [ap["value"] for row in said["slices"] for ap in row["ap50"]]
    assert all(f"{figure:.3f}" in words for figure in figures)
    for each in said["differences"]:
        assert f"{each['change']['value']:+.3f}".replace("-", "\N{MINUS SIGN}") in words


def test_the_page_lies_where_it_was_asked_for_whole_or_not_at_all(
    workspace: Workspace, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "duel.html"
    done = workspace.ymir("compare", "pets/r1", "hounds", "--out", str(out))
    assert done.stdout.splitlines()[-1] == str(out)
    assert {path.name for path in out.parent.iterdir()} <= {"duel.html", "images"}
    assert str(workspace.root) not in out.read_text()
    (tmp_path / "file").touch()
    refused = workspace.ymir("compare", "pets/r1", "hounds", "--out", str(tmp_path / "file" / "x"))
    assert refused.returncode == 1
    assert "cannot be written" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_equal_comparisons_make_equal_pages(workspace: Workspace, said: dict) -> None:
    before = Path(said["page"]).read_bytes()
    again = workspace.data("compare", "pets/r2", "pets/r1", "before")
    assert again == said
    assert Path(said["page"]).read_bytes() == before


@pytest.mark.parametrize(
    "names",
    [
        ["../../../etc/passwd", "x/../y"],
        ["<script>", "\u202egnp.exe", "a" * 400],
        ["", "..", "."],
        ["\ud800", "né\u0301\n"],
    ],
)
def test_whatever_models_are_called_their_page_lies_in_its_folder(
    tmp_path: Path, names: list[str]
) -> None:
    path = page_path(tmp_path, names, "test@v1")
    assert path.parent == tmp_path / ".ymir" / "compare"
    assert re.fullmatch(r"[A-Za-z0-9@+_-][A-Za-z0-9@+._-]*\.html", path.name)
    assert len(path.name) < 120


def test_other_models_and_other_sets_have_other_pages(tmp_path: Path) -> None:
    made = {
        page_path(tmp_path, names, testing)
        for names in (["a/b", "c"], ["a-b", "c"], ["c", "a/b"])
        for testing in ("test@v1", "test@v2")
    }
    assert len(made) == 6


def test_a_hostile_name_is_text_on_the_page(workspace: Workspace, tmp_path: Path) -> None:
    path = package(tmp_path / "<img src=x onerror=alert(1)>.tar.gz")
    said = workspace.data("compare", "pets/r1", str(path))
    page = Path(said["page"]).read_text()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


@a_browser
def test_a_row_leads_to_the_images_with_both_models_side_by_side(page: "Page", said: dict) -> None:
    page.goto(Path(said["page"]).as_uri())
    page.wait_for_selector("html.album-ready")
    link = page.locator("#classes").locator("xpath=ancestor::section").get_by_role("link")
    link.filter(has_text=f"{said['classes'][0]['ap50'][1]['value']:.3f}").click()
    assert page.locator("#album-view").is_visible()
    assert "model=pets%2Fr1" in page.evaluate("location.hash")
    models = page.locator("#album-filters select").first.locator("option").all_inner_texts()
    assert models == ["pets/r2", "pets/r1", "before"]
    page.goto(Path(said["page"]).as_uri() + "#model=pets/r2&beside=before&err=fn")
    page.wait_for_selector("html.album-ready")
    assert page.locator("#album-grid .album-cell").count() > 0


@a_browser
def test_the_page_keeps_nobody_out(page: "Page", said: dict) -> None:
    page.goto(Path(said["page"]).as_uri())
    page.wait_for_selector("html.album-ready")
    assert faults(page) == []


def test_the_json_is_the_report_and_the_place_of_its_page(workspace: Workspace, said: dict) -> None:
    done = workspace.ymir("compare", "pets/r2", "pets/r1", "before", "--json")
    assert json.loads(done.stdout) == said
    assert (said["schema"], said["kind"]) == ("ymir/report/v1", "compare")
    assert done.stderr == ""
