"""Images are picked by hand, survive every filter, and leave as a list that a spec accepts."""

from pathlib import Path

from tests.browsing import a_browser
from tests.report.browser import made
from ymir.spec.picked import read_picked, why_unfit

pytestmark = a_browser
A, B, C, D = (
    made.digest(file) for file in ("yard/a.jpg", "hall/b.jpg", "yard/c.jpg", "hall/d.jpg")
)


def _saved(page) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name="save picked.txt").click()
    assert download.value.suggested_filename == "picked.txt"
    return Path(download.value.path()).read_text()


def _digests(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_what_is_picked_survives_filters_and_is_saved_with_what_it_is(page, opened):
    opened("#class=person&err=fn")
    page.locator(".album-cell").first.hover()
    page.locator(".album-tick").first.click()
    page.goto(page.url.partition("#")[0] + "#find=yard/a")
    page.get_by_role("grid").press(" ")
    assert page.locator("#album-picked").inner_text() == "2 picked"
    text = _saved(page)
    assert _digests(text) == [B, A]
    assert text.endswith(f"{A}\n")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert comments[0] == "# 2 images picked from: helmet · round 4"
    assert comments[1] == "# filter: find=yard/a"
    assert "relabel: {images: picked.txt}" in comments[-1]


def test_a_spec_accepts_what_is_saved(page, opened, tmp_path):
    opened("#set=testing&find=%23%20%22yard")
    page.locator("#album-find").fill("yard")
    page.get_by_role("button", name="pick all shown").click()
    (tmp_path / "picked.txt").write_text(_saved(page))
    assert not list(why_unfit("picked.txt", tmp_path))
    assert list(read_picked(tmp_path, ["picked.txt"])) == [A, C]


def test_a_range_is_picked_with_shift(page, opened):
    opened("#set=testing")
    page.locator(".album-tick").first.click(force=True)
    page.locator(".album-frame").nth(2).click(modifiers=["Shift"])
    assert _digests(_saved(page)) == [A, B, C]
    chosen = page.locator(".album-cell[aria-selected=true] .album-name").all_inner_texts()
    assert chosen == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_range_is_picked_by_keys(page, opened):
    opened("#set=testing")
    for key in ("ArrowRight", " ", "j", "j", "Shift+ "):
        page.keyboard.press(key)
    assert _digests(_saved(page)) == [B, C, D]


def test_all_that_is_shown_is_picked_and_let_go(page, opened):
    opened("#tag=place%3Dhall")
    assert page.get_by_role("button", name="save picked.txt").is_disabled()
    page.get_by_role("button", name="pick all shown").click()
    assert _digests(_saved(page)) == [B, D]
    page.get_by_role("button", name="clear").click()
    assert page.locator("#album-picked").inner_text() == "Nothing picked"


def test_an_image_is_picked_in_the_large_view(page, opened):
    opened(f"#set=testing&image={C}")
    pick = page.locator("#album-large [data-do=pick]")
    pick.click()
    assert pick.get_attribute("aria-pressed") == "true"
    page.keyboard.press("ArrowRight")
    assert pick.get_attribute("aria-pressed") == "false"
    page.locator("#album-large").press(" ")
    page.keyboard.press("Escape")
    assert _digests(_saved(page)) == [C, D]


def test_the_list_is_copied(page, opened):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened("#change=broken")
    page.get_by_role("button", name="pick all shown").click()
    page.get_by_role("button", name="copy").click()
    page.get_by_text("1 copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert _digests(copied) == [B]
    assert copied.startswith("# 1 image picked from: helmet · round 4\n# filter: change=broken\n")


def test_no_title_or_filter_can_end_its_comment(page, tmp_path):
    hostile = f"round\n{D}\r\u2028{D}"
    page.goto(made.page(tmp_path, made.yard(), title=hostile) + f"#find=a%0A{D}%0D%E2%80%A8{D}")
    page.wait_for_selector("html.album-ready")
    page.goto(page.url.partition("#")[0] + "#set=testing&find=%0A")
    page.get_by_role("button", name="pick all shown").click()
    assert _digests(_saved(page)) == [A, B, C, D]
