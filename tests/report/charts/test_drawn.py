"""Charts are SVG that asks nothing of anybody: links into the page, colours of the page, words."""

from dataclasses import replace

import pytest
from defusedxml import ElementTree

from tests.report import shown_reports
from ymir.metrics.scores import Band
from ymir.report.charts.drawn import drawn
from ymir.report.links import gallery_link

SHAPES = {"svg", "g", "path", "line", "rect", "text", "a", "title", "tspan", "defs", "clipPath"}
REPORTS = {
    "a round": shown_reports.round_four,
    "the first round": shown_reports.first,
    "sixty classes": shown_reports.sixty,
    "hostile names": shown_reports.hostile,
    "a project": shown_reports.project_page,
    "a comparison": shown_reports.comparison,
}


def charts(report):
    for name, found in drawn(report).items():
        for each in found if isinstance(found, tuple) else (found,):
            yield name, ElementTree.fromstring(str(each))


def links(tree):
    return [each for each in tree.iter() if each.tag == "a"]


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_a_chart_says_what_it_is_and_asks_for_nothing(report):
    for name, tree in charts(report()):
        assert tree.attrib["aria-label"], name
        for each in tree.iter():
            assert not {"style", "onclick", "onload", "src"} & set(each.attrib)
            assert each.tag in SHAPES
        for each in links(tree):
            assert not each.attrib["href"].startswith(("http", "javascript:", "data:"))
            assert each.find("title").text == each.attrib["aria-label"] != ""


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_every_colour_is_the_pages(report):
    for name, tree in charts(report()):
        for each in tree.iter():
            for colour in (each.attrib.get("fill", "none"), each.attrib.get("stroke", "none")):
                assert colour.startswith("var(--") or colour in {"none", "transparent"}, name


def test_each_round_is_a_link_to_its_page():
    report = shown_reports.round_four()
    progress = dict(charts(report))["progress"]
    pages = {each.attrib["href"] for each in links(progress)}
    assert {point.page for point in report.progress.points} <= pages


def test_marks_lead_to_what_they_stand_for():
    report = shown_reports.round_four()
    drawn_by_name = dict(charts(report))
    found = {each.attrib["href"] for each in links(drawn_by_name["slices"])}
    assert gallery_link(size="small") in found
    bins = [each.attrib["href"] for each in links(drawn_by_name["confidence"])]
    assert bins
    assert all("low=" in each and "high=" in each and "err=" in each for each in bins)
    lots = gallery_link(set="mined", tag="picked as=by lot")
    mined = [each.attrib["href"] for each in links(drawn_by_name["mining"])]
    assert [each for each in mined if each.endswith(lots)] == [
        f"r{n}.html{lots}" for n in (1, 2, 3)
    ]
    first = report.curves[0]
    curve = next(tree for name, tree in charts(report) if name == "curves")
    assert all(
        each.attrib["href"].startswith(gallery_link(class_=first.label) + "&score=")
        for each in links(curve)
    )


def test_what_was_not_measured_is_not_drawn():
    report = shown_reports.round_four()
    bare = replace(
        report,
        slices=(),
        confidence=replace(report.confidence, bins=()),
        lineage=replace(report.lineage, steps=()),
        mining=replace(report.mining, so_far=None, rounds=()),
    )
    assert set(drawn(bare)) == {"progress", "curves"}


def test_noise_never_fills_the_chart():
    """A hair's difference between two rounds is drawn as a hair's difference."""
    report = shown_reports.round_four()
    still = tuple(
        replace(point, value=Band(0.5 + at / 10_000, 0.5, 0.501))
        for at, point in enumerate(report.progress.points)
    )
    calm = replace(report.progress, points=still, goal=None, control=None, outlook=None)
    tree = dict(charts(replace(report, progress=calm)))["progress"]
    at = [each.attrib["transform"] for each in tree.iter("path") if "translate" in str(each.attrib)]
    heights = [float(each.split(",")[1].rstrip(")")) for each in at if each.count(",") == 1]
    assert max(heights[-4:]) - min(heights[-4:]) < 5


def test_a_name_stands_clear_of_the_line_of_the_goal():
    """Above its point, but below it where the goal's line would run through it."""

    def above(goal):
        report = shown_reports.round_four()
        only = report.progress.points[-1:]
        bare = replace(report.progress, points=only, goal=goal, control=None, outlook=None)
        tree = dict(charts(replace(report, progress=bare)))["progress"]
        place = {
            text.text: float(text.attrib["transform"].split(",")[1].split(")")[0])
            for text in tree.iter("text")
            if text.text
        }
        point = next(path for path in tree.iter("path") if path.attrib.get("fill") == "var(--line)")
        at = float(point.attrib["transform"].split(",")[1].rstrip(")"))
        name = next(text for text in place if text.startswith("r4"))
        return place[name] < at

    high = shown_reports.round_four().progress.points[-1].value.high
    assert above(high + 0.05)
    assert above(high - 0.01)
    assert not above(high + 0.002)
