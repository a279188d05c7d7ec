"""Mistakes are counted as people count them, and chance is told from a difference."""

import numpy as np
import polars as pl
import pytest

from ymir.data.table import table
from ymir.picking.yields import mining_yield, mistakes


def boxes(*given):
    return [
        {"label": label, "x": x, "y": 0, "w": 10, "h": 10, **more}
        for label, x, more in ((*each, {})[:3] for each in given)
    ]


def counted(truth, found, threshold=0.5):
    both = [table([{"image": "a", "objects": boxes(*side)}]) for side in (truth, found)]
    result = mistakes(*both, labels=["hat", "head"], threshold=threshold)
    assert result.columns == ["image", "mistakes"]
    return result["mistakes"].to_list()[0]


def sure(label, x, score=0.9):
    return (label, x, {"score": score})


@pytest.mark.parametrize(
    ("truth", "found", "wrong"),
    [
        ([], [], 0),
        ([("hat", 0)], [sure("hat", 1)], 0),
        ([("hat", 0)], [], 1),
        ([], [sure("hat", 0)], 1),
        ([("hat", 0)], [sure("head", 0)], 1),
        ([("hat", 0)], [sure("hat", 8)], 2),
        ([("hat", 0)], [sure("hat", 0), sure("hat", 1, 0.8)], 1),
        ([("hat", 0), ("hat", 50)], [sure("hat", 0, 0.4)], 2),
        ([("hat", 0)], [sure("head", 0), sure("hat", 1, 0.6)], 1),
        ([("hat", 0, {"crowd": True})], [sure("hat", 0), sure("head", 2)], 0),
        ([("tree", 0)], [], 0),
    ],
)
def test_mistakes_are_what_is_missed_invented_or_called_something_else(truth, found, wrong):
    assert counted(truth, found) == wrong


def test_each_image_has_its_own_mistakes_in_the_order_of_digests():
    truth = table({"image": name, "objects": boxes(("hat", 0))} for name in "cab")
    found = table(
        {"image": name, "objects": boxes(sure("hat", 0)) if name == "b" else []} for name in "abc"
    )
    rows = mistakes(truth, found, labels=["hat"], threshold=0.5).rows()
    assert rows == [("a", 1), ("b", 0), ("c", 1)]


def batch(*rounds):
    return pl.DataFrame(
        [
            (count, origin, number)
            for number, shares in enumerate(rounds, 1)
            for origin, counts in shares.items()
            for count in counts
        ],
        schema={"mistakes": pl.Int64, "origin": pl.String, "round": pl.Int64},
        orient="row",
    )


def test_a_clear_difference_pays_and_its_mirror_loses():
    many, few = [2, 3, 4] * 20, [0, 1, 2] * 5
    found = mining_yield(batch({"mined": many, "control": few}))
    assert (found.mined.images, found.control.images) == (60, 15)
    assert (found.mined.mistakes.value, found.control.mistakes.value) == (3.0, 1.0)
    assert found.gap.value == 2.0
    assert 1.4 < found.gap.low < found.gap.value < found.gap.high < 2.6
    assert found.verdict == "pays"
    assert mining_yield(batch({"mined": few, "control": many})).verdict == "loses"


def test_what_is_the_same_and_what_is_little_leaves_the_question_open():
    counts = [0, 1, 2, 5] * 10
    assert mining_yield(batch({"mined": counts, "control": counts})).verdict == "open"
    assert mining_yield(batch({"mined": [9] * 50, "control": [0] * 9})).verdict == "open"


def test_images_by_lot_are_compared_with_the_mined_ones_of_their_round():
    easier = {"mined": [8] * 10, "control": [8] * 10}
    later = {"mined": [1] * 1000, "control": [1] * 10, "empty": [0] * 90}
    found = mining_yield(batch(easier, later, {"mined": [50] * 30}))
    assert found.gap.value == found.gap.low == found.gap.high == 0
    assert (found.mined.images, found.control.images) == (1010, 20)


def test_without_both_shares_there_is_no_answer():
    assert mining_yield(batch({"mined": [1, 2]})) is None
    assert mining_yield(batch({"mined": [1]}, {"control": [1]})) is None
    assert mining_yield(batch()) is None


def test_the_interval_holds_the_true_difference_as_often_as_it_says():
    chance = np.random.default_rng(5)
    hits = 0
    for seed in range(200):
        mined, control = chance.poisson(2.0, 90).tolist(), chance.poisson(1.5, 30).tolist()
        gap = mining_yield(batch({"mined": mined, "control": control}), seed=seed, resamples=500)
        hits += gap.gap.low <= 0.5 <= gap.gap.high
    assert hits >= 180
