"""The page of a report says what the report says, needs nothing else, and no name can break it."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from markupsafe import Markup

from tests.browsing import LAPTOP, a_browser, faults, watched
from tests.report import shown_reports as shown
from tests.report.browser import made
from ymir.report.album.packing import pack
from ymir.report.charts.drawn import drawn
from ymir.report.links import gallery_link
from ymir.report.page import page as page_of
from ymir.report.templates import asset

VOID = {"meta", "link", "br", "img", "input"}
PICTURES = [made.picture(number) for number in range(12)]


class Page(HTMLParser):
    """The tags, the text and the links of a page; every tag that is opened must be closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))

    def having(self, name: str) -> list[str]:
        return [value for _, held in self.tags if (value := held.get(name)) is not None]


@pytest.fixture(scope="module")
def album():
    return pack(made.site(60), PICTURES)


@pytest.fixture(scope="module")
def texts(album):
    """Each of the pages by its name."""
    reports = {
        "round": shown.round_four(),
        "first": shown.first(),
        "sixty": shown.sixty(),
        "hostile": shown.hostile(),
        "project": shown.project_page(),
        "compare": shown.comparison(),
        "compare hostile": shown.comparison(shown.HOSTILE),
    }
    return {
        name: page_of(each, charts=drawn(each), album=None if name == "project" else album)
        for name, each in reports.items()
    }


NAMES = ("round", "first", "sixty", "hostile", "project", "compare", "compare hostile")
every_page = pytest.mark.parametrize("name", NAMES)


def test_a_round_says_what_its_report_says(texts):
    report, page = shown.round_four(), Page(texts["round"])
    assert report.verdict.headline in page.text
    assert "0.571 ± 0.012" in page.text
    for row in report.classes:
        assert row.ap50 is not None
        assert f"{row.ap50.value:.3f} ±{row.ap50.half:.3f}" in page.text
    for each in (*report.lineage.steps, *report.lineage.datasets):
        assert each.digest in page.having("data-copy")
    for gate in report.gates:
        assert gate.says in page.having("title")
    for change in report.lineage.changes:
        assert change.path in page.text


def test_figures_lead_to_the_images_behind_them(texts):
    links = Page(texts["round"]).having("href")
    for wanted in (
        gallery_link(class_="person"),
        gallery_link(class_="person", err="fn"),
        gallery_link(truth="dump truck", pred="background"),
        gallery_link(size="small"),
        gallery_link(tag="light=night"),
        gallery_link(attr="occluded=yes"),
        gallery_link(slice="far-at-night"),
        gallery_link(change="fixed"),
        gallery_link(doubt="wrong class"),
        gallery_link(set="mined", image=shown.round_four().batch.shown[0].image),
        gallery_link(score=0.412),
    ):
        assert wanted in links


def test_strips_show_views_of_the_gallery(texts):
    strips = Page(texts["round"]).having("data-show")
    assert {"change=fixed", "change=broken", "set=mined", "doubt=any"} <= set(strips)


@every_page
def test_a_page_refers_to_no_other_but_pages_beside_it(texts, name):
    page = Page(texts[name])
    assert not re.search(r"@import|https?://(?!127|www\.w3\.org/2000/svg)", texts[name])
    for tag, held in page.tags:
        assert "style" not in held, (tag, held)
        assert not [each for each in held if each.startswith("on")]
        assert not held.get("src")
        href = held.get("href") or "#"
        assert re.fullmatch(r"#.*|index\.html|r\d+\.html(#.*)?|data:,", href), (tag, href)


@every_page
def test_every_section_link_has_its_section_and_every_id_is_one(texts, name):
    page = Page(texts[name])
    ids = page.having("id")
    assert len(ids) == len(set(ids))
    sections = {each[1:] for each in page.having("href") if re.fullmatch(r"#[^=]+", each)}
    assert sections <= set(ids)
    assert set(page.having("aria-labelledby")) <= set(ids)


@every_page
def test_every_table_has_a_caption_and_its_heads_a_scope(texts, name):
    tags = Page(texts[name]).tags
    counted = [tag for tag, _ in tags]
    assert counted.count("table") == counted.count("caption")
    assert all(held.get("scope") for tag, held in tags if tag == "th")


@every_page
def test_headings_are_in_order(texts, name):
    levels = [int(tag[1]) for tag, _ in Page(texts[name]).tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_hostile_names_are_only_text(texts):
    for name in ("hostile", "compare hostile"):
        page = Page(texts[name])
        tags = [tag for tag, _ in page.tags]
        assert tags.count("script") == 4  # colours, album, pictures, what the page does
        assert [held for tag, held in page.tags if tag == "img" and held.get("src") == "x"] == []
        for each in shown.HOSTILE:
            assert re.sub(r"\s+", " ", each) in page.text


def test_a_batch_shows_its_balance_its_people_and_what_went_back(texts):
    text = Page(texts["round"]).text
    for said in (
        "25 images picked by entropy, 4 by lot, 2 as likely negatives; "
        "before them 9 images to be labelled again",
        "sent 2026-11-22 09:05 UTC, due 2026-11-25 09:05 UTC",
        "2 of 40 images labelled more than once: 92% of boxes agree (F1 at IoU 0.5), IoU 0.880",
        "2 images sent twice, 1 answered twice.",
        "34 answers by 3 annotators, 20.4 s each; 2.72 EUR",
        "4 images with suspicious labels",
        "8 came back, 5 with other labels: 4 boxes added, 1 box removed",
        "1,460 images, 30 pseudo-labelled",
        "relabel: {suspicious: 20}",
        "4 of them are on images that people have now; 4 are on images that were labelled again",
    ):
        assert said in text
    returned = text.partition("Labels returned")[2]
    parts = ("labelled with 131 boxes", "empty nothing to draw", "skipped", "rejected")
    figures = [re.search(rf"{each}\s*(\d+)", returned)[1] for each in (*parts, "outstanding")]
    assert figures == ["22", "5", "4", "2", "7"]


def test_a_page_says_whether_mining_pays_and_what_each_way_to_pick_brought(texts):
    page = Page(texts["round"])
    assert "pays Mining pays so far: a mined image held 2.10 mistakes of the model" in page.text
    assert "That is how much there was to learn, not mAP." in page.text
    assert "12 images look like one that is labelled" in page.text
    lots = gallery_link(set="mined", tag="picked as=by lot")
    assert {lots, f"r1.html{lots}"} <= set(page.having("href"))
    table = page.text.partition("How the batch was picked")[2]
    for row in ("images25429", "came back18328", "boxes per image4.502.330.005.38"):
        assert row in re.sub(r"\s+(?=\d)", "", table)


def test_without_lots_a_page_says_how_to_find_out_whether_mining_pays(album):
    report = shown.round_four()
    hint = "With mine: {control: 0.1}, a tenth of each batch is picked by lot"
    bare = replace(report, mining=None)
    assert hint in Page(page_of(bare, charts={}, album=album)).text
    assert hint not in Page(page_of(report, charts={}, album=album)).text
    by_lot = replace(bare, batch=replace(report.batch, strategy="random"))
    assert hint not in Page(page_of(by_lot, charts={}, album=album)).text


def test_what_became_of_a_batch_leads_to_those_images(album):
    report = shown.round_four()
    told = replace(report, batch=replace(report.batch, is_told=True))
    link = gallery_link(set="mined", tag="labels returned=skipped")
    assert link in Page(page_of(told, charts={}, album=album)).having("href")
    assert link not in Page(page_of(report, charts={}, album=album)).having("href")


def test_a_batch_with_a_gap_or_of_a_model_says_so():
    report = shown.round_four()
    returns = replace(report.batch.returns, labelled=12, by_model=17)
    batch = replace(report.batch, returns=returns, model="round 4", people=None)
    text = Page(page_of(replace(report, batch=batch), charts={}, album=None)).text
    assert re.search(r"unaccounted for\s*10", text)
    assert "17 images labelled by the model of round 4; nobody looked at them" in text
    assert "annotators" not in text


def test_what_is_not_there_takes_no_room(texts):
    ids = Page(texts["first"]).having("id")
    assert not {"slices", "changes", "mined", "labels", "leakage"} & set(ids)
    assert "The model contradicts no label" in Page(texts["first"]).text


def test_a_page_without_an_album_has_no_gallery(texts):
    page = Page(texts["project"])
    assert "album" not in page.having("id")
    assert "album-view" not in page.having("id")
    assert page.having("data-show") == []


def test_a_page_does_without_charts():
    text = page_of(shown.round_four(), charts={}, album=None)
    assert shown.round_four().verdict.headline in Page(text).text


def test_the_policy_allows_the_pages_own_style_and_scripts_and_no_others(texts):
    policy = dict(
        each.split(" ", 1)
        for each in re.search(r'-Policy" content="([^"]*)"', texts["round"])[1]
        .replace("&#39;", "'")
        .split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"].count("sha256-") == 2
    assert "unsafe" not in str(policy)


def test_equal_reports_make_equal_pages(texts, album):
    report = shown.round_four()
    assert page_of(report, charts=drawn(report), album=album) == texts["round"]


def test_a_sentence_with_a_lonely_backtick_is_left_as_it_is(album):
    report = shown.round_four()
    verdict = replace(report.verdict, reason="a ` that <b>nobody</b> closes")
    text = page_of(replace(report, verdict=verdict), charts={"progress": Markup("")}, album=album)
    assert "a ` that &lt;b&gt;nobody&lt;/b&gt; closes" in text


def test_dark_colours_are_the_same_by_the_systems_wish_and_by_the_button():
    asked, pressed = re.findall(
        r":root(?:\[data-theme=\"dark\"\]|:not\(\[data-theme=\"light\"\]\)) \{(.*?)\}",
        asset("report/colours.css"),
        re.DOTALL,
    )
    assert asked == pressed


@pytest.fixture
def opened(browser, texts, tmp_path):
    """Opens a page by its name, in a browser that has these options."""

    def open_(page, name):
        (tmp_path / "page.html").write_text(texts[name], encoding="utf-8")
        page.goto((tmp_path / "page.html").as_uri())
        page.wait_for_load_state()

    return open_


@a_browser
@pytest.mark.parametrize("name", ["round", "first", "sixty", "hostile"])
def test_the_first_screen_holds_verdict_tiles_gates_chart_and_classes(page, opened, name):
    opened(page, name)
    heights = page.evaluate(
        """() => ['.verdict', '.tiles', '.gates', '.opening .chart svg'].map((each) =>
             document.querySelector(each).getBoundingClientRect().bottom)"""
    )
    rows = page.locator("table.sortable").first.locator("tbody tr")
    bottoms = rows.evaluate_all(
        "rows => rows.slice(0, 6).map((row) => row.getBoundingClientRect().bottom)"
    )
    assert page.evaluate("scrollY") == 0
    assert max(heights + bottoms) <= LAPTOP["height"]


@a_browser
@pytest.mark.parametrize("width", [1366, 900, 600, 390])
@every_page
def test_no_page_is_wider_than_its_window(browser, opened, name, width):
    with watched(browser, viewport={"width": width, "height": 768}) as page:
        opened(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") == width


@a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["round", "first", "project", "compare"])
def test_a_page_keeps_nobody_out(browser, opened, name, scheme):
    with watched(browser, color_scheme=scheme) as page:
        opened(page, name)
        assert faults(page) == []


@a_browser
def test_the_button_changes_the_colours_and_the_page_remembers(page, opened):
    opened(page, "round")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.get_by_role("button", name="Dark colours").click()
    dark = page.evaluate(colour)
    assert dark != light
    page.reload()
    assert page.evaluate(colour) == dark


@a_browser
def test_a_table_is_sorted_by_its_heads(page, opened):
    opened(page, "round")
    table = page.locator("table.sortable").first
    table.get_by_role("button", name="training").click()
    names = table.locator("tbody th").all_inner_texts()
    wanted = sorted(shown.round_four().classes, key=lambda each: -each.training)
    assert names == [each.label for each in wanted]


@a_browser
def test_a_cell_of_the_matrix_opens_the_gallery_and_back_leads_back(page, opened):
    opened(page, "round")
    page.wait_for_selector("html.album-ready")
    page.get_by_title(re.compile("^person taken for person")).click()
    page.wait_for_selector("#album-view:not([hidden])")
    page.go_back()
    page.wait_for_selector("#album-view", state="hidden")
    assert page.evaluate("scrollY") > 0


@a_browser
def test_both_halves_of_a_leak_are_drawn(page, tmp_path):
    report, album = shown.round_four(), made.yard()
    album = replace(album, images=replace(album.images, picture=[0] * len(album.images.id)))
    ids = dict(zip(album.images.file, album.images.id, strict=True))
    leak = replace(
        report.leakage.shown[0],
        image=ids["train/t.jpg"],
        other=ids["yard/a.jpg"],
        held_out="testing",
    )
    report = replace(report, leakage=replace(report.leakage, shown=(leak,)))
    text = page_of(report, charts={}, album=pack(album, PICTURES))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("html.album-ready")
    drawn_ = page.locator(".twin .strip a").evaluate_all("all => all.map((each) => each.title)")
    assert drawn_ == ["train/t.jpg", "yard/a.jpg"]


@a_browser
def test_on_paper_a_page_is_light_and_has_no_controls(browser, opened):
    with watched(browser, color_scheme="dark") as page:
        opened(page, "round")
        page.emulate_media(media="print", color_scheme="dark")
        assert (
            page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        )
        assert not page.locator(".tools").is_visible()
        assert page.locator(".strip").first.is_visible()
