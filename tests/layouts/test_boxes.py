import pytest

from ymir.contracts.format import Found
from ymir.layouts.boxes import Boxes
from ymir.sources.gather import Gathered
from ymir.sources.sight import Seen, Sight

CAT = {"label": "cat", "x": 0, "y": 0, "w": 64, "h": 48}
DOG = {"label": "dog", "x": 10, "y": 11, "w": 1, "h": 1.5}
BOXES = Boxes(["cat", "dog"], [1, 1, 64, 48, 11, 12, 11, 12.5])


def test_boxes_are_rows_to_whoever_asks_for_one():
    assert list(BOXES) == [CAT, DOG]
    assert BOXES[-1] == DOG
    assert BOXES[1:] == [DOG]
    with pytest.raises(IndexError):
        BOXES[2]


def test_boxes_by_column_and_by_row_make_the_same_table_in_the_order_of_images():
    mixed, rows = Gathered(), Gathered()
    for number, boxes in enumerate([BOXES, [CAT], BOXES]):
        mixed.add(Found(f"{number}.jpg", boxes))
        rows.add(Found(f"{number}.jpg", [*boxes]))
    assert mixed.boxes().equals(rows.boxes())
    assert mixed.boxes()["row"].to_list() == [0, 0, 1, 2, 2]
    assert mixed.found(Sight()).equals(rows.found(Sight()))


def test_shares_become_pixels_of_the_image_as_it_was_seen():
    gathered, seen = Gathered(), Sight()
    share = {"label": "cat", "x": 0.25, "y": 0.5, "w": 0.5, "h": 0.25}
    gathered.add(Found("a.jpg", Boxes(["dog"], [0.25, 0.5, 0.75, 0.75], first=0), is_relative=True))
    gathered.add(Found("b.jpg", [CAT]))
    gathered.add(Found("c.jpg", [{**share, "mask": "[[0,0,0.5,0,0.5,0.5]]"}], is_relative=True))
    seen.add(["a.jpg", "c.jpg"], [Seen(1, 0, 0, "", 64, 48), Seen(1, 0, 0, "", 100, 10)])
    boxes = gathered.boxes(seen)
    assert boxes.select("x", "y", "w", "h").rows() == [
        (16, 24, 32, 12), (0, 0, 64, 48), (25, 5, 50, 2.5),
    ]  # fmt: skip
    assert boxes["mask"].to_list() == [None, None, "[[0.0,0.0,50.0,0.0,50.0,5.0]]"]
    with pytest.raises(ValueError, match="sizes are not given"):
        gathered.boxes()


def test_what_is_ignored_is_counted():
    gathered = Gathered()
    gathered.add(Found("a.jpg", ignored={"keypoints": 2}))
    gathered.add(Found("b.jpg", ignored={"keypoints": 1, "relations": 1}))
    assert gathered.ignored == {"keypoints": 3, "relations": 1}
