"""The files of a report tell the same figures as the judge, and need nothing else."""

import gzip
import json
import re
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from tests.report import rounds
from ymir.errors import StoreError
from ymir.report.album.thumbs import Places
from ymir.report.files.document import read_report
from ymir.report.record import ProjectRecord
from ymir.report.words import figure
from ymir.report.write import write_reports


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> rounds.World:
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def project(world: rounds.World, tmp_path_factory: pytest.TempPathFactory) -> ProjectRecord:
    return rounds.project(tmp_path_factory.mktemp("rounds"), world)


@pytest.fixture(scope="module")
def places(world: rounds.World, tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("written")
    return Places(world.locate, folder / "cache", folder / "html")


@pytest.fixture(scope="module")
def html(project: ProjectRecord, places: Places) -> Path:
    """The folder of a report, whole."""
    write_reports(project, places)
    return places.into


class Tables(HTMLParser):
    """The rows of each table of a page, by the table's caption."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] = []
        self._text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("caption", "th", "td"):
            self._text = []
        if tag == "tr":
            self._rows.append([])

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        said = " ".join("".join(self._text).split())
        if tag == "caption":
            self._rows = self.found.setdefault(said, [])
        elif tag in ("th", "td") and self._rows:
            self._rows[-1].append(said)


def album(page: str) -> dict[str, dict[str, list[int]]]:
    block = re.search(r'id="album">\s*([A-Za-z0-9+/=]+)', page)
    assert block
    data: dict[str, dict[str, list[int]]] = json.loads(gzip.decompress(b64decode(block[1])))
    return data


def test_a_report_is_pages_and_what_programs_read(html: Path) -> None:
    names = {path.name for path in html.iterdir() if path.is_file()}
    assert names == {
        *("index.html", "r1.html", "r2.html", "r3.html"),
        *("report.json", "summary.md", "junit.xml"),
    }


def test_the_page_shows_the_figures_of_report_json_which_are_the_judges(
    html: Path, project: ProjectRecord
) -> None:
    report, page = read_report(html / "report.json"), (html / "r3.html").read_text()
    judged = json.loads((project.rounds[2].folder / "metrics.json").read_bytes())["testing"]
    value = report.target.value
    assert {"value": value.value, "low": value.low, "high": value.high} == judged["map"]
    assert report.verdict.headline in page
    assert f"{figure(value.value)} ± {figure(value.half)}" in report.verdict.headline

    tables = Tables(page).found
    classes = next(rows for name, rows in tables.items() if name.startswith("Each class"))
    shown = {row[0]: row[1:] for row in classes[1:]}
    theirs = {each["label"]: each for each in judged["per_class"]}
    assert shown.keys() == theirs.keys()
    for label, cells in shown.items():
        each = theirs[label]
        assert cells[0].startswith(figure(each["ap50"]["value"]))
        counts = [each[name] for name in ("false_negatives", "false_positives", "boxes")]
        assert [int(cell.replace(",", "")) for cell in cells[4:7]] == counts


def test_a_page_loads_nothing_from_anywhere(html: Path) -> None:
    for page in html.glob("*.html"):
        text = page.read_text()
        assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", text)
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy
        assert unescape(policy[1]).startswith("default-src 'none';")


def test_the_gallery_has_a_picture_of_each_image(html: Path) -> None:
    images = album((html / "r3.html").read_text())["images"]
    assert len(images["id"]) == 30 + 6
    assert min(images["picture"]) >= -1


def test_images_that_are_not_here_leave_gaps_not_errors(
    project: ProjectRecord, tmp_path: Path
) -> None:
    bare = Places(lambda images: {}, tmp_path / "cache", tmp_path / "html")
    write_reports(project, bare, [1])
    images = album((tmp_path / "html" / "r1.html").read_text())["images"]
    assert set(images["picture"]) == {-2}


def test_the_files_for_programs_are_of_the_newest_round_asked_for(
    project: ProjectRecord, places: Places, tmp_path: Path
) -> None:
    into = Places(places.locate, places.cache, tmp_path)
    pages = write_reports(project, into, [1, 2])
    assert [page.name for page in pages] == ["index.html", "r1.html", "r2.html"]
    assert read_report(tmp_path / "report.json").number == 2
    suite = parse(tmp_path / "junit.xml").getroot().find("testsuite")  # noqa: S314 - our own XML
    assert suite is not None
    assert suite.get("name") == "helmet round 2"
    assert "(r2.html)" in (tmp_path / "summary.md").read_text()


def test_equal_rounds_make_equal_files(
    html: Path, project: ProjectRecord, places: Places, tmp_path: Path
) -> None:
    write_reports(project, Places(places.locate, tmp_path / "cache", tmp_path / "html"))
    again = {
        path.relative_to(tmp_path / "html"): path.read_bytes()
        for path in (tmp_path / "html").rglob("*")
        if path.is_file()
    }
    first = {
        path.relative_to(html): path.read_bytes() for path in html.rglob("*") if path.is_file()
    }
    assert again == first


def test_where_nothing_can_be_written_that_is_said(
    project: ProjectRecord, places: Places, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    into = Places(places.locate, places.cache, tmp_path / "taken" / "html")
    with pytest.raises(StoreError, match="the pages of a report cannot be written"):
        write_reports(project, into, [1])


def test_a_page_that_was_linked_into_a_cache_is_replaced_not_written_into(
    project: ProjectRecord, places: Places, tmp_path: Path
) -> None:
    kept = tmp_path / "object"
    kept.write_text("what the cache holds")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").hardlink_to(kept)
    write_reports(project, Places(places.locate, places.cache, tmp_path / "html"), [])
    assert kept.read_text() == "what the cache holds"
    assert "<" in (tmp_path / "html" / "index.html").read_text()
