"""A report's figures are those that its gallery shows, and every link of the page leads there."""

from collections import defaultdict

import pytest

from tests.browsing import a_browser, faults
from tests.report.rounds import project, world
from ymir.report.album.candidates import round_album
from ymir.report.album.packing import pack
from ymir.report.collect.pages import collect_round
from ymir.report.page import page as render

pytestmark = a_browser
NAMES = ("car", "bus & <b>van</b>", "50% off=#1")
# How many boxes of a look are wanted in all images that are shown.
COUNT = """(look) => {
  const { album, asked, rows } = AlbumView.shown;
  const marks = rows.flatMap((row) => AlbumPaint.marks(album, asked, row, asked.candidate));
  return marks.filter((mark) => mark.isWanted && look.includes(mark.look)).length;
}"""


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("record")
    return project(folder / "rounds", world(folder / "world", NAMES), (0.4, 0.6, 0.8))


@pytest.fixture(scope="module")
def report(record):
    return collect_round(record, 3)


@pytest.fixture
def shown(page, record, report, tmp_path):
    """The page of the third round, opened."""
    path = tmp_path / "round.html"
    path.write_text(
        render(report, charts=defaultdict(str), album=pack(round_album(record, report)))
    )
    page.goto(path.as_uri())
    page.wait_for_selector("html.album-ready")
    return page


def _follow(page, link):
    page.evaluate("(hash) => { location.hash = hash; }", link)
    page.wait_for_selector("#album-view", state="visible")


def _links(page) -> list[str]:
    return page.evaluate(
        "[...new Set([...document.querySelectorAll('main a, .top a, .strip a')]"
        ".map((a) => a.getAttribute('href') ?? '').filter((to) => /^#.*=/.test(to)))]"
    )


def test_every_link_of_the_page_leads_to_images_and_means_something(shown):
    links = _links(shown)
    assert len(links) > 20
    said = {}
    for link in links:
        _follow(shown, link)
        said[link] = shown.locator("#album-status").inner_text()
    assert not [link for link, words in said.items() if "Not known" in words]
    empty = [link for link, words in said.items() if words.startswith("0 of")]
    assert all(link.startswith("#size=") for link in empty)  # no box is as large


def test_counts_of_classes_are_those_of_the_gallery(shown, report):
    for row in report.classes:
        label = shown.evaluate("encodeURIComponent", row.label)
        for err, look, many in (("fn", "fn", row.missed), ("fp", "fp", row.invented)):
            _follow(shown, f"#class={label}&err={err}")
            assert shown.evaluate(COUNT, [look]) == many, (row.label, err)


def test_each_cell_of_the_confusion_matrix_is_as_many_boxes(shown, report):
    checked = 0
    for truth, cells in report.confusion.rows:
        for predicted, cell in zip(report.confusion.predicted, cells, strict=True):
            pair = [shown.evaluate("encodeURIComponent", name) for name in (truth, predicted)]
            _follow(shown, f"#truth={pair[0]}&pred={pair[1]}")
            looks = ["fn", "truth"] if predicted == "background" else ["tp", "fp"]
            assert shown.evaluate(COUNT, looks) == cell.count, (truth, predicted)
            checked += cell.count
    assert checked > 30


def test_images_with_errors_are_as_many_as_the_report_says(shown, report):
    _follow(shown, "#set=testing")
    many = shown.evaluate("AlbumView.shown.errors.reduce((all, each) => all + (each > 0), 0)")
    assert many == report.with_errors > 0


def test_fixed_and_broken_images_are_those_of_the_report(shown, report):
    for kind in ("fixed", "broken"):
        images = [each.image for each in getattr(report.changes, kind)]
        if images:
            _follow(shown, f"#change={kind}")
            found = shown.evaluate(
                "AlbumView.shown.rows.map((row) => AlbumView.shown.album.id[row])"
            )
            assert sorted(found) == sorted(images)


def test_strips_of_the_page_show_what_they_speak_of(shown, report):
    mined = shown.locator('.strip[data-show="set=mined"] a')
    mined.first.wait_for()
    assert mined.count() == min(10, report.batch.mined)
    mined.first.click()
    assert shown.locator("#album-about h2").inner_text() == report.batch.shown[0].file


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_a_whole_page(shown, theme):
    shown.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
    assert not faults(shown)
    _follow(shown, "#class=car&beside=2")
    assert not faults(shown)
    shown.locator(".album-cell").first.click()
    assert not faults(shown)
