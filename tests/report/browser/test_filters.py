"""What is chosen in the gallery, in its address or by hand, leaves the images that have it."""

import pytest

from tests.browsing import a_browser

pytestmark = a_browser
ALL = ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


@pytest.mark.parametrize(
    ("address", "left"),
    {
        "set=testing": ALL,
        "class=person": ["a.jpg", "b.jpg"],
        "class=helmet": ["a.jpg"],
        "class=forklift": ["a.jpg"],  # a crowd, and what lies in it, are no boxes
        "err=tp": ["a.jpg"],
        "err=fp": ["a.jpg"],
        "err=fn": ["a.jpg", "b.jpg"],
        "class=person&err=fn": ["b.jpg"],
        "class=person&err=fn&score=0.4": [],
        "score=0.4&err=tp": ["a.jpg", "b.jpg"],
        "truth=helmet&pred=person": ["a.jpg"],
        "truth=person&pred=person": ["a.jpg"],
        "truth=person&pred=background": ["b.jpg"],
        "truth=background&pred=forklift": ["a.jpg"],
        "truth=background&pred=person": [],
        "low=0.4&high=0.5": ["b.jpg"],
        "low=0.5&high=0.6": ["a.jpg"],
        "slice=night": ["a.jpg", "d.jpg"],
        "tag=place%3Dhall": ["b.jpg", "d.jpg"],
        "attr=occluded%3Dyes": ["b.jpg", "a.jpg"],
        "attr=occluded%3Dyes&err=fp": [],
        "size=small": ["a.jpg"],
        "size=large": ["b.jpg", "a.jpg"],
        "change=fixed": ["c.jpg"],
        "change=broken": ["b.jpg"],
        "doubt=any": ["b.jpg", "a.jpg"],  # the surest doubt first
        "doubt=missing": ["a.jpg"],
        "doubt=badly%20placed": ["b.jpg"],
        "set=mined": ["m.jpg"],
        "sort=file": ["b.jpg", "d.jpg", "a.jpg", "c.jpg"],
        "sort=score&err=fp": ["a.jpg"],
        "find=HALL": ["b.jpg", "d.jpg"],
        "round=3&err=fn": ["b.jpg"],
        "model=round%203&class=helmet&err=tp": ["a.jpg"],
    }.items(),
)  # fmt: skip
def test_an_address_shows_the_images_that_it_asks_for(opened, files, status, address, left):
    opened(f"#{address}")
    assert files() == left
    assert status() == f"{len(left)} of {1 if 'mined' in address else 4} images"


def test_choices_are_made_and_taken_back_by_hand(page, opened, files):
    opened("#set=testing")
    missed = page.get_by_role("button", name="FN missed").first
    missed.click()
    page.get_by_role("button", name="helmet").click()
    assert files() == ["a.jpg"]
    assert page.evaluate("location.hash") == "#class=helmet&err=fn"
    assert missed.get_attribute("aria-pressed") == "true"
    missed.click()
    page.get_by_role("button", name="take away class: helmet").click()
    assert files() == ALL


def test_each_choice_says_how_many_images_it_would_leave(page, opened):
    opened("#err=fn")
    said = {
        text.split("\n")[0]: text.split("\n")[1]
        for text in page.locator("#album-filters .album-choice").all_inner_texts()
    }
    assert (said["person"], said["helmet"], said["forklift"]) == ("1", "1", "0")
    assert (said["TP found"], said["FP invented"], said["FN missed"]) == ("1", "1", "2")
    assert (said["night"], said["broken"], said["hall"], said["mined"]) == ("1", "1", "1", "1")


def test_the_slider_turns_misses_into_finds_at_once(page, opened):
    opened("#set=testing")
    b = page.locator(".album-cell", has_text="b.jpg")
    assert "1 missed" in b.get_attribute("aria-label")
    page.locator("#album-score").fill("0.45")
    assert "1 found" in b.get_attribute("aria-label")
    assert page.evaluate("location.hash") == "#score=0.45"
    page.locator("#album-score").fill("0.91")
    a = page.locator(".album-cell", has_text="a.jpg")
    assert a.get_attribute("aria-label") == "yard/a.jpg, 2 missed"


def test_images_stand_in_the_order_that_is_asked_for(page, opened, files):
    opened("#set=testing")
    assert files() == ALL  # most errors first
    page.locator("#album-sort").select_option("file")
    assert files() == ["b.jpg", "d.jpg", "a.jpg", "c.jpg"]
    assert page.evaluate("location.hash") == "#sort=file"


def test_a_file_is_found_by_its_name_and_by_its_digest(page, opened, files):
    opened("#set=testing")
    page.keyboard.press("/")
    page.keyboard.type("yard/c")
    assert files() == ["c.jpg"]
    page.locator("#album-find").fill(page.evaluate("AlbumView.shown.album.id[3]")[:9])
    assert files() == ["d.jpg"]


def test_where_nothing_is_left_one_click_shows_all(page, opened, files):
    opened("#find=nowhere&err=tp")
    assert page.get_by_text("No image is like this.").is_visible()
    page.locator("#album-none button").click()
    assert files() == ALL


def test_mined_images_show_labels_beside_guesses_and_no_verdict(page, opened):
    opened("#set=mined")
    label = page.locator(".album-cell").get_attribute("aria-label")
    assert label == "pool/m.jpg, 1 label, 1 guess"


def test_a_label_in_doubt_is_drawn_with_what_the_model_says_of_it(page, opened):
    opened("#doubt=badly%20placed")
    page.locator(".album-cell").click()
    first, second = page.locator("#album-about li").all_inner_texts()
    assert first.startswith("badly placed\nthe label is in doubt\noverlap 0.41")
    assert second.startswith("person\nmissed")
