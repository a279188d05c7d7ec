"""The gallery opens from disk, stays small at ten thousand images, and no name can break it."""

import json
import re
import shutil
from html import unescape
from pathlib import Path

import pytest

from tests.components import needs
from tests.gallery import scenes
from tests.gallery.browser import browser
from ymir.data.table import table
from ymir.gallery.content import as_data, compared, content
from ymir.gallery.page import render

a_browser = needs("browser", bool(shutil.which("chromium")), "apt-get install chromium")
MANY = 10_000
PLACE = {"x": 1.0, "y": 1.0, "w": 9.0, "h": 9.0}
HOSTILE = (
    "<img src=x onerror=alert(1)>.jpg",
    "</script><b>x",
    "\u202eü\u2028\x00.jpg",
    "__proto__",
)


def hostile():
    """A table in which every name is an attack."""
    return table(
        {
            "image": f"{number:032x}",
            "file": name,
            "width": 64,
            "height": 48,
            "tags": [{"key": name, "value": name}],
            "objects": [
                {**PLACE, "label": name, "attributes": [{"key": name, "value": name}]},
            ],
        }
        for number, name in enumerate(HOSTILE)
    )


def test_nothing_that_is_written_into_the_page_can_end_its_place():
    page = scenes_page(content("<b>@v1", hostile()))
    (block,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert not set("<>&") & set(block)
    assert json.loads(block)["images"]["file"] == sorted(HOSTILE)
    assert page.count("<script") == 2
    assert "<title>&lt;b&gt;@v1</title>" in page


def test_the_page_may_load_nothing_but_images():
    page = scenes_page(content("a@v1", scenes.scene(3)))
    policy = unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.startswith("default-src 'none'; img-src 'self' file: data:;")
    assert "unsafe" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)
    assert not re.search(r'\son[a-z]+="|\sstyle="|innerHTML', page)


def scenes_page(found):
    data = {**as_data(found), "small": "small/", "originals": None, "copied": True}
    return render(" and ".join(found.versions), data)


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """Ten thousand images, of which a few have bytes."""
    return scenes.page(tmp_path_factory.mktemp("many"), content("site@v1", scenes.scene(MANY)))


@a_browser
def test_ten_thousand_images_are_few_elements_wherever_one_scrolls(many, tmp_path):
    with browser(tmp_path) as page:
        page.open(many.as_uri())
        for share in (0, 0.25, 0.5, 1):
            page.ask(f"grid.scrollTop = {share} * grid.scrollHeight")
            page.wait("cells.size > 0 && show() === undefined")
            assert page.ask("document.querySelectorAll('*').length") < 1_000
        assert page.ask("Math.max(...cells.keys())") == MANY - 1
        assert page.ask("document.getElementById('shown').textContent") == "10,000 images"


@a_browser
def test_filters_narrow_what_is_shown_and_the_address_keeps_them(many, tmp_path):
    with browser(tmp_path) as page:
        page.open(many.as_uri())
        page.click("input[name=classes][value='1']")
        birds = page.ask("wanted.length")
        page.click("input[name=tags][value='1']")
        assert page.ask("location.hash") == "#class=bird&tag=side%3Dodd"
        shown = page.ask("document.getElementById('shown').textContent")
        assert 0 < page.ask("wanted.length") < birds == MANY // 2
        page.open(many.as_uri())
        page.open(many.as_uri() + "#class=bird&tag=side%3Dodd")
        assert page.ask("document.getElementById('shown').textContent") == shown
        page.open(many.as_uri() + "#find=009999")
        assert page.ask("wanted.map((at) => images.file[at])") == ["site/009999.jpg"]
        page.open(many.as_uri() + "#boxes=without")
        assert page.ask("wanted.length") == MANY // 4
        page.open(many.as_uri() + "#find=nowhere")
        page.click("#reset")
        assert page.ask("wanted.length") == MANY


@a_browser
def test_an_image_is_enlarged_leafed_through_zoomed_and_closed(many, tmp_path):
    with browser(tmp_path) as page:
        page.open(many.as_uri())
        page.click(".cell:nth-of-type(2)")
        assert page.ask("large.open && photo.alt") == "site/000001.jpg"
        assert page.ask("drawing.children.length") == 2
        assert page.ask("[...plates.children].map((each) => each.textContent)") == ["dog", "bird"]
        page.press("ArrowRight")
        page.press("ArrowRight")
        assert page.ask("photo.alt") == "site/000003.jpg"
        fit = page.ask("sight.scale")
        page.press("+")
        assert page.ask("sight.scale") > fit
        page.press("0")
        assert page.ask("sight.scale") == fit
        assert "image=" in page.ask("location.hash")
        page.press("Escape")
        page.wait("!large.open && location.hash === ''")
        assert page.complaints == []


@a_browser
def test_arrows_go_from_image_to_image_in_the_grid(many, tmp_path):
    with browser(tmp_path) as page:
        page.open(many.as_uri())
        page.ask("cells.get(0).focus()")
        for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown"):
            page.press(key)
        at = page.ask("Number(document.activeElement.dataset.image)")
        assert at == page.ask("1 + 5 * layout.columns")
        assert page.ask("grid.scrollTop") > 0


@a_browser
def test_hostile_names_are_only_text_in_a_browser(tmp_path):
    path = scenes.page(tmp_path, content("evil@v1", hostile()))
    with browser(tmp_path / "profile") as page:
        page.open(path.as_uri())
        page.ask("globalThis.alert = () => { globalThis.isHit = true; }")
        for number in range(len(HOSTILE)):
            page.ask(f"open({number})")
        assert page.ask("document.querySelectorAll('b').length") == 1  # ours
        assert page.ask("document.querySelectorAll('[onerror]').length") == 0
        assert page.ask("globalThis.isHit") is None
        assert page.complaints == []


@a_browser
def test_polygons_are_drawn_in_the_large_view(tmp_path):
    shape = {**PLACE, "label": "cat", "mask": "[[1,1,9,1,9,9],[20,20,30,20,30,30]]"}
    found = table([{"image": "a" * 32, "file": "a", "width": 64, "height": 48, "objects": [shape]}])
    path = scenes.page(tmp_path, content("a@v1", found))
    with browser(tmp_path / "profile") as page:
        page.open(path.as_uri())
        page.click(".cell")
        assert page.ask("drawing.querySelectorAll('polygon').length") == 2
        assert page.complaints == []


@a_browser
def test_two_versions_are_switched_between_and_differences_alone_are_shown(tmp_path):
    old = scenes.scene(8)
    new = scenes.scene(9).tail(8).with_columns(file=scenes.scene(9).tail(8)["file"])
    path = scenes.page(tmp_path, compared("site@v2", new, "site@v1", old))
    with browser(tmp_path / "profile") as page:
        page.open(path.as_uri())
        assert page.ask("wanted.length") == 9
        page.click("input[name=changes][value=any]")
        files = "wanted.map((at) => images.file[at].slice(-5, -4))"
        assert page.ask(files) == ["0", "8"]
        page.press("1")
        assert page.ask(files) == ["8"]
        page.press("2")
        assert page.ask(files) == ["0"]
        assert page.complaints == []
