import pytest

from ymir.migration.messages import Asset, Box
from ymir.migration.pixels import counted_from

ASSET = Asset("a.jpg", 64, 48, 1, None)


def box(x: int, y: int, w: int, h: int) -> tuple[Asset, Box]:
    return ASSET, Box(x, y, w, h, 0, "car", -1, -1, 0, {}, [], "", is_crowd=False)


@pytest.mark.parametrize(
    ("boxes", "first"),
    [
        ([], 1),
        ([(5, 5, 10, 10)], 1),
        ([(1, 1, 64, 48)], 1),
        ([(5, 5, 60, 10)], 1),
        ([(0, 5, 2, 2)], 0),
        ([(3, 0, 2, 2)], 0),
        ([(0, 5, 2, 2), (0, 0, 65, 49)], 0),  # ends behind, because `mir` adds a pixel
        ([(0, 5, 2, 2), *[(5, 5, 60, 10)] * 20], 1),  # one slip among many
    ],
)
def test_boxes_at_the_edges_show_what_they_count_from(boxes, first):
    assert counted_from(box(*each) for each in boxes) == first
