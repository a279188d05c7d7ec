"""The gallery is usable by all, in light and dark; no name can break it, and paper shows none."""

from dataclasses import replace

import pytest

from tests.browsing import a_browser, faults, watched
from tests.report.browser import made

pytestmark = a_browser
HOSTILE = (
    "<img src=x onerror=alert(1)>.jpg",
    "</script><b>x",
    "\u202egpj.exe",
    "x" * 3000,
    "🦺" * 40,
    "__proto__",
    "العربية.jpg",
)


def test_axe_finds_no_serious_fault_in_any_view(page, opened):
    opened()
    assert not faults(page)
    for address in ("#class=person&err=fn&tag=place%3Dyard", "#beside=3", "#find=nowhere"):
        opened(address)
        assert not faults(page)
    opened(f"#beside=3&image={made.digest('yard/a.jpg')}")
    assert not faults(page)
    opened("#set=testing")
    page.keyboard.press("?")
    assert not faults(page)


def test_the_dark_is_dark_and_has_no_fault(browser, yard):
    with watched(browser, color_scheme="dark") as page:
        page.goto(f"{yard}#class=person&err=fn")
        page.wait_for_selector("html.album-ready")
        colour = page.locator("#album-view").evaluate("(e) => getComputedStyle(e).backgroundColor")
        assert colour == "rgb(24, 31, 40)"
        assert not faults(page)


def test_no_name_is_more_than_text(page, tmp_path):
    scenes = [
        made.Scene(name, [made.Box(at % 3, 5, 5)], tags=(at % 2,), note=name)
        for at, name in enumerate(HOSTILE)
    ]
    shown = made.album(
        scenes,
        classes=HOSTILE[:3],
        tags=[(HOSTILE[0], HOSTILE[1]), (HOSTILE[4], HOSTILE[3])],
        candidates=[made.Candidate(HOSTILE[0], None, 0.5), made.Candidate(HOSTILE[3], None, 0.5)],
        groups=[made.Group("slice", name, [0]) for name in HOSTILE],
        left_out=HOSTILE[0],
    )
    page.goto(made.page(tmp_path, shown, title=HOSTILE[1]) + "#set=testing")
    page.wait_for_selector("html.album-ready")
    cells = page.locator(".album-cell")
    for at in range(cells.count()):
        cells.nth(at).click()
        assert page.locator("#album-large h2").inner_text() in HOSTILE
        page.keyboard.press("Escape")
        page.wait_for_url(lambda url: "image=" not in url)
    for choice in page.locator(".album-choice").all():
        choice.click()
        choice.click()
    assert page.locator("#album-view b, #album-view img[src=x]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [1366, 900, 600])
def test_nothing_is_wider_than_the_window(browser, yard, width):
    with watched(browser, viewport={"width": width, "height": 800}) as page:
        page.goto(f"{yard}#beside=3&class=person&err=fn")
        page.wait_for_selector(".album-cell")
        assert page.evaluate(
            "[...document.querySelectorAll('#album-view > *:not(dialog)')]"
            ".every((each) => each.getBoundingClientRect().right <= innerWidth"
            " && each.scrollWidth <= each.clientWidth + 1)"
        )


def test_on_paper_there_is_the_report_and_no_gallery(page, opened):
    opened("#err=fn")
    page.emulate_media(media="print")
    assert not page.locator("#album-view").is_visible()
    assert page.get_by_role("heading", name="Report", include_hidden=True).is_visible()


def test_strips_show_the_first_images_of_a_view_as_links_into_it(page, opened, files):
    opened()
    strip = page.locator(".strip").first.get_by_role("link")
    assert strip.get_attribute("href") == (
        f"#set=mined&sort=file&image={made.digest('pool/m.jpg')}"
    )
    page.locator("#wrong a").click()
    assert page.locator("#album-large h2").inner_text() == "yard/a.jpg"
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: url.endswith("#err=fp"))
    assert files() == ["a.jpg"]


def test_many_images_are_few_elements_wherever_one_scrolls(page, tmp_path):
    scenes = [
        made.Scene(f"{at:05d}.jpg", [made.Box(at % 3, 5, 5)], picture=0) for at in range(5000)
    ]
    page.goto(made.page(tmp_path, made.album(scenes), pictures=[made.picture(0)]) + "#sort=file")
    page.wait_for_selector("html.album-ready")
    for share in (0, 0.3, 1):
        page.evaluate(
            f"document.getElementById('album-grid').scrollTop = 1e7 * {share * share} || 0"
        )
        page.wait_for_timeout(50)
        assert 8 < page.locator(".album-cell").count() < 120
    assert page.locator(".album-cell .album-name").last.inner_text() == "04999.jpg"
    page.get_by_role("grid").press("Home")
    assert page.locator(".album-cell.current .album-name").inner_text() == "00000.jpg"
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert page.locator("#album-large h2").inner_text() == "04999.jpg"


def test_images_without_a_size_or_a_box_break_nothing(page, tmp_path):
    shown = made.album([made.Scene("a.jpg"), made.Scene("b.jpg")])
    shown = replace(shown, classes=(), images=replace(shown.images, width=[0, 0], height=[0, 0]))
    page.goto(made.page(tmp_path, shown) + "#set=testing")
    page.wait_for_selector("html.album-ready")
    page.locator(".album-cell").first.click()
    assert page.locator("#album-large h2").inner_text() == "a.jpg"
