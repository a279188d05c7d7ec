"""Two answers agree box by box, within a stated tolerance, whatever their order."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ymir.data.table import table
from ymir.proof.agreement import Tolerance, agreement

TOLERANCE = Tolerance(iou=0.9, pixels=1.5, score=0.02, share=0.9, ap=0.01)
BOX = (10.0, 10.0, 40.0, 40.0)


def answer(*images: list[tuple]) -> pl.DataFrame:
    """A table of predictions; each box is label, score, x, y, w, h."""
    return table(
        {
            "image": f"{number:032x}",
            "width": 200,
            "height": 200,
            "objects": [
                dict(zip(("label", "score", "x", "y", "w", "h"), box, strict=True)) for box in boxes
            ],
        }
        for number, boxes in enumerate(images)
    )


def test_equal_answers_agree_wholly():
    both = answer([("cat", 0.9, *BOX), ("dog", 0.8, *BOX)], [])
    found = agreement(both, both, TOLERANCE)
    assert (found.boxes, found.alone, found.iou, found.score, found.example) == (4, 0, 1, 0, None)
    assert found.holds(TOLERANCE)


@pytest.mark.parametrize(
    ("other", "holds"),
    [
        (("cat", 0.911, 10, 10, 41, 41), True),
        (("cat", 0.93, 10, 10, 40, 40), False),  # the score
        (("cat", 0.9, 16, 10, 40, 40), False),  # the place
        (("dog", 0.9, 10, 10, 40, 40), False),  # the class
        (("cat", 0.9, 11, 9, 40, 40), True),  # a pixel
    ],
)
def test_a_box_that_moves_too_far_has_no_partner(other, holds):
    found = agreement(answer([("cat", 0.9, *BOX)]), answer([other]), TOLERANCE)
    assert found.holds(TOLERANCE) is holds
    assert (found.alone, found.boxes) == ((0, 2) if holds else (2, 2))
    if not holds:
        assert found.example.endswith(f"in image {0:032x}")


def test_small_boxes_may_differ_by_a_pixel():
    tiny = answer([("cat", 0.9, 10, 10, 6, 6)])
    moved = answer([("cat", 0.9, 11, 10, 6, 6)])
    found = agreement(tiny, moved, TOLERANCE)
    assert found.holds(TOLERANCE)
    assert found.iou == pytest.approx(30 / 42)


def test_boxes_that_hardly_count_need_no_partner():
    found = agreement(answer([("cat", 0.09, *BOX)]), answer([]), TOLERANCE)
    assert (found.boxes, found.holds(TOLERANCE)) == (0, True)


def test_a_partner_may_be_just_below_what_counts():
    pair = answer([("cat", 0.101, *BOX)]), answer([("cat", 0.099, *BOX)])
    found = agreement(*pair, TOLERANCE)
    assert (found.boxes, found.alone) == (1, 0)


def test_a_few_boxes_may_differ_and_the_surest_is_named():
    boxes = [("cat", 0.9, 20.0 * n, 0.0, 15.0, 15.0) for n in range(10)]
    fewer = boxes[:-1]
    found = agreement(answer(boxes), answer(fewer), TOLERANCE)
    assert (found.boxes, found.alone, found.holds(TOLERANCE)) == (19, 1, True)
    assert found.example == f"`cat` 0.90 at 180, 0, 15 x 15 in image {0:032x}"
    assert not agreement(answer(boxes), answer(fewer[:-1]), TOLERANCE).holds(TOLERANCE)


corner = st.integers(0, 150)
side = st.integers(1, 50)
score = st.sampled_from([0.05, 0.3, 0.31, 0.9])
boxes = st.lists(st.tuples(st.sampled_from(["cat", "dog"]), score, corner, corner, side, side))


@given(st.lists(boxes, min_size=2, max_size=2), st.randoms())
def test_the_order_of_boxes_and_of_answers_does_not_matter(both, chance):
    one, other = answer(both[0]), answer(both[1])
    shuffled = answer(chance.sample(both[0], len(both[0])))
    there, back = agreement(one, other, TOLERANCE), agreement(other, one, TOLERANCE)
    assert (there.boxes, there.alone) == (back.boxes, back.alone)
    assert agreement(one, shuffled, TOLERANCE).alone == 0
