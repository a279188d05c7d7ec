"""The large view: leafing, zooming, every box by its look and in words, two models side by side."""

import pytest

from tests.browsing import a_browser
from tests.report.browser import made

pytestmark = a_browser
A = made.digest("yard/a.jpg")
# Along the upper edge of the first box of a look: the share of its colour, and in how many pieces.
EDGE = """([look, side]) => {
  const { album, asked } = AlbumView.shown, canvas = document.querySelectorAll("#album-panes canvas")[side];
  const image = asked.image, candidates = [asked.candidate, asked.beside];
  const marks = AlbumPaint.marks(album, asked, image, candidates[side], candidates[1 - side]);
  const mark = marks.find((each) => each.look === look);
  const photo = document.querySelectorAll("#album-panes img")[side].getBoundingClientRect();
  const stage = canvas.getBoundingClientRect(), scale = photo.width / album.width[image];
  const [x, y, w] = [photo.x - stage.x + mark.x * scale, photo.y - stage.y + mark.y * scale, mark.w * scale];
  const row = canvas.getContext("2d").getImageData(Math.ceil(x + 4), Math.floor(y), Math.floor(w - 8), 1).data;
  const hex = AlbumPaint.LOOKS[look].colour, wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  let like = 0, pieces = 0, was = false;
  for (let at = 0; at < row.length; at += 4) {
    const is = wanted.every((value, part) => Math.abs(row[at + part] - value) < 40) && row[at + 3] > 200;
    like += is; pieces += is && !was; was = is;
  }
  return [like / (row.length / 4), pieces];
}"""  # noqa: E501 - a script


def test_arrows_lead_through_the_images_that_are_shown(page, opened):
    opened("#set=testing")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    title = page.locator("#album-large h2")
    assert title.inner_text() == "hall/b.jpg"
    page.keyboard.press("ArrowRight")
    assert title.inner_text() == "yard/c.jpg"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("k")
    page.keyboard.press("ArrowLeft")
    assert title.inner_text() == "yard/a.jpg"
    assert page.locator("#album-large [data-do=before]").is_disabled()
    assert page.evaluate("location.hash") == f"#image={A}"


def test_focus_returns_to_the_cell_of_the_image_that_was_seen_last(page, opened):
    opened("#set=testing")
    page.locator(".album-cell").first.click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    current = page.locator(".album-cell.current", has_text="b.jpg")
    current.wait_for()
    grid = page.locator("#album-grid:focus")
    assert grid.get_attribute("aria-activedescendant") == current.get_attribute("id")


def test_the_boxes_are_said_in_words_what_matters_first(page, opened):
    opened(f"#set=testing&image={A}")
    words = [item.split("\n") for item in page.locator("#album-about li").all_inner_texts()]
    said = [(item[0], item[1] if "." in item[1] else None) for item in words]
    assert said == [
        ("person", "0.60"),
        ("forklift", "0.55"),
        ("helmet", None),
        ("person", "0.90"),
        ("person", None),
        ("missing", None),
    ]
    assert "occluded: yes" in page.locator("#album-about").inner_text()
    assert A in page.locator("#album-about code").inner_text()


@pytest.mark.parametrize(
    ("look", "file", "is_dashed"),
    [("tp", "yard/a.jpg", False), ("fp", "yard/a.jpg", True), ("fn", "hall/b.jpg", True)],
)
def test_each_outcome_has_its_colour_and_its_dashes(page, opened, look, file, is_dashed):
    opened(f"#set=testing&image={made.digest(file)}")
    share, pieces = page.evaluate(EDGE, [look, 0])
    if is_dashed:
        assert 0.3 < share < 0.9
        assert pieces > 2
    else:
        assert share > 0.95
        assert pieces == 1


def test_the_legend_takes_boxes_away_and_brings_them_back(page, opened):
    opened("#set=testing")
    cell = page.locator(".album-cell canvas").first
    ink = "each => each.getContext('2d').getImageData(0, 0, each.width, each.height).data.filter((v, i) => i % 4 == 3 && v).length"  # noqa: E501
    full = cell.evaluate(ink)
    for look in ("TP found", "FP invented", "FN missed"):
        page.locator("#album-legend").get_by_role("button", name=look).click()
    assert cell.evaluate(ink) == 0
    page.locator("#album-legend").get_by_role("button", name="truth").click()
    assert 0 < cell.evaluate(ink) < full


def test_one_zooms_by_wheel_and_keys_and_comes_back(page, opened):
    opened(f"#set=testing&image={A}")
    wide = "document.querySelector('#album-panes img').getBoundingClientRect().width"
    whole = page.evaluate(wide)
    page.keyboard.press("+")
    assert page.evaluate(wide) > whole * 1.3
    page.mouse.move(400, 300)
    page.mouse.wheel(0, -400)
    page.evaluate("new Promise((done) => setTimeout(done, 100))")
    assert page.evaluate(wide) > whole * 2
    page.keyboard.press("0")
    assert page.evaluate(wide) == whole


def test_a_box_that_is_pointed_at_is_lit_in_the_list(page, opened):
    opened(f"#set=testing&image={A}")
    photo = page.locator("#album-panes img").bounding_box()
    scale = photo["width"] / made.WIDE
    page.mouse.move(photo["x"] + 445 * scale, photo["y"] + 345 * scale)
    assert "forklift" in page.locator("#album-about li.lit").inner_text()


def test_two_models_stand_side_by_side_and_what_only_one_finds_is_stressed(page, opened):
    opened("#beside=3")
    cell = page.locator(".album-cell").first
    assert cell.locator(".album-pane:visible").count() == 2
    assert cell.get_attribute("aria-label") == (
        "yard/a.jpg, round 4: 1 found, 2 invented, 1 missed, round 3: 2 found"
    )
    cell.click()
    assert page.locator("#album-panes figcaption").all_inner_texts() == ["round 4", "round 3"]
    stressed = page.locator("#album-about li", has_text="only one of the two finds it")
    assert [text.split("\n")[0] for text in stressed.all_inner_texts()] == ["helmet", "helmet"]
    assert page.evaluate(EDGE, ["tp", 1])[0] > 0.95


def test_a_model_beside_shows_what_it_found_of_what_is_missed(page, opened):
    opened("#beside=3&err=fn")
    label = page.locator(".album-cell").first.get_attribute("aria-label")
    assert label == "yard/a.jpg, round 4: 1 missed, round 3: 1 found"


def test_the_model_beside_is_chosen_by_hand(page, opened):
    opened("#set=testing")
    page.get_by_label("beside").select_option(label="round 3")
    assert page.evaluate("location.hash") == "#beside=3"
    page.get_by_label("model").select_option(label="round 3")
    assert page.locator(".album-cell").first.locator(".album-pane:visible").count() == 1
    assert page.evaluate("location.hash") == "#round=3"


def test_a_picture_that_is_not_here_is_said_to_be_absent(page, opened):
    opened(f"#set=testing&image={made.digest('hall/d.jpg')}")
    assert page.get_by_text("This picture is not here.").is_visible()


def test_the_keys_are_explained(page, opened):
    opened("#set=testing")
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    page.get_by_role("button", name="Close").click()
    assert not page.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    assert page.get_by_role("grid").is_visible()
