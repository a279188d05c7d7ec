import pytest

from ymir.contracts.format import Found
from ymir.media.boxes import Boxes
from ymir.media.gather import Gathered
from ymir.media.sight import Sight

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
