"""Links lead into the gallery, the back button out of it, and what is unknown is said."""

import pytest

from tests.browsing import a_browser
from tests.report.browser import made

pytestmark = a_browser


def _is_gallery(page):
    return page.locator("#album-view").is_visible()


def test_a_link_opens_the_gallery_and_back_leads_to_where_one_was(page, opened, files):
    opened()
    assert not _is_gallery(page)
    page.locator("#persons").scroll_into_view_if_needed()
    was = page.evaluate("scrollY")
    page.locator("#persons").click()
    assert _is_gallery(page)
    assert files() == ["a.jpg", "b.jpg"]
    page.get_by_role("button", name="FN missed").first.click()
    page.go_back()
    assert not _is_gallery(page)
    assert page.evaluate("scrollY") == was > 0
    assert page.evaluate("document.activeElement.id") == "persons"
    page.go_forward()
    assert files() == ["b.jpg"]


@pytest.mark.parametrize("way", ["#album-back", "Escape"])
def test_the_report_comes_back_by_button_and_by_key(page, opened, way):
    opened()
    page.locator("#missed").click()
    if way.startswith("#"):
        page.locator(way).click()
    else:
        page.keyboard.press(way)
    page.locator("#album-view").wait_for(state="hidden")
    assert page.evaluate("location.hash") == ""
    assert page.locator("#missed").is_enabled()


def test_who_came_straight_to_the_gallery_gets_the_report_too(page, opened):
    opened("#err=fn")
    assert _is_gallery(page)
    page.locator("#album-back").click()
    assert not _is_gallery(page)
    assert page.get_by_role("heading", name="Report").is_visible()


def test_a_link_to_a_section_leads_to_the_section(page, opened):
    opened()
    page.locator("#section").click()
    assert not _is_gallery(page)
    assert page.evaluate("scrollY") > 0


def test_an_image_is_opened_by_its_address_wherever_it_comes_from(page, opened):
    for file, place in (
        ("yard/a.jpg", "testing"),
        ("pool/m.jpg", "mined"),
        ("train/t.jpg", "train"),
    ):
        opened(f"#image={made.digest(file)}")
        assert page.locator("#album-large h2").inner_text() == file
        assert place in page.locator("#album-about .album-facts").first.inner_text()


def test_back_closes_the_large_view_before_it_leaves_the_gallery(page, opened):
    opened()
    page.locator("#missed").click()
    page.locator(".album-cell").first.click()
    page.keyboard.press("ArrowRight")
    assert page.locator("#album-large").is_visible()
    page.go_back()
    assert not page.locator("#album-large").is_visible()
    assert page.evaluate("location.hash") == "#err=fn"
    page.go_back()
    assert not _is_gallery(page)


@pytest.mark.parametrize(
    ("address", "said"),
    {
        "class=person&colour=red": "“colour red”",
        "class=unicorn": "“class unicorn”",
        "score=high&err=fn": "“score high”",
        "score=7": "“score 7”",
        "image=zz&set=testing": "“image zz”",
        "err=constructor": "“err constructor”",
        "round=99": "“round 99”",
        "class=%E0%A4%A": "“class",
        "tag=place&__proto__=1": "“tag place”, “__proto__ 1”",
        "find=a&slice=<img src=x onerror=alert(1)>": "“slice <img src=x onerror=alert(1)>”",
    }.items(),
)  # fmt: skip
def test_what_means_nothing_is_passed_over_and_said(page, opened, status, address, said):
    opened(f"#{address}")
    assert _is_gallery(page)
    assert "Not known here: " in status()
    assert said in status()


def test_an_address_without_a_key_of_the_gallery_leaves_the_report_alone(page, opened):
    opened("#utm_source=mail")
    assert not _is_gallery(page)


def test_a_round_on_another_page_is_looked_for_there(page, yard, opened):
    other = yard.replace("page.html", "round-2.html")
    path = other.removeprefix("file://")
    with open(path, "w") as to:  # noqa: PTH123 - the path comes out of an address
        to.write("<!doctype html><title>round 2</title>")
    opened("#err=fn")
    page.goto(f"{yard}#round=2&class=person")
    page.wait_for_url(f"{other}#round=2&class=person")


def test_a_page_of_another_scheme_is_never_gone_to(page, tmp_path):
    address = made.page(tmp_path, made.yard(pages=[(2, "javascript:document.title='gone'")]))
    page.goto(f"{address}#round=2")
    page.wait_for_selector("html.album-ready")
    assert page.title() == "helmet · round 4"


def test_a_page_without_images_says_so(page, tmp_path):
    address = made.page(tmp_path, made.yard())
    path = tmp_path / "page.html"
    before, _, after = path.read_text().partition('id="album">')
    path.write_text(before + 'id="album">' + after[after.index("</script>") :])
    page.goto(f"{address}#err=fn")
    page.get_by_text("This page has no images.").wait_for()


def test_what_was_left_out_is_said(page, tmp_path):
    said = "3 pictures were left out"
    page.goto(made.page(tmp_path, made.yard(left_out=said)) + "#set=testing")
    page.get_by_text(f"4 of 4 images. {said}").wait_for()


def test_keys_work_where_nothing_has_the_focus(page, opened, files):
    opened("#find=nowhere")
    page.locator("#album-none button").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert page.locator("#album-large h2").inner_text() == "hall/b.jpg"
