from dataclasses import replace

from tests.browsing import a_browser
from tests.report import shown_reports as shown
from ymir.report.charts.drawn import drawn
from ymir.report.page import page as page_of

CUT = """svg => [...svg.querySelectorAll('text')]
    .filter((each) => each.getBoundingClientRect().right > svg.getBoundingClientRect().right)
    .map((each) => each.textContent)"""


@a_browser
def test_the_name_of_the_newest_round_is_whole_where_nothing_is_ahead_of_it(page, tmp_path):
    known = shown.project_page()
    ended = replace(known, progress=replace(known.progress, outlook=None, control=None))
    (tmp_path / "page.html").write_text(page_of(ended, charts=drawn(ended), album=None))
    page.goto((tmp_path / "page.html").as_uri())
    chart = page.locator(".chart svg").first
    assert "·" in chart.text_content()
    assert chart.evaluate(CUT) == []
