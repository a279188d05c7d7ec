"""A batch is what a greedy pass over the whole pool picks."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ymir.errors import ResultError
from ymir.picking.batch import Candidates, Rules, pick

ROWS = {
    "image": pl.String,
    "score": pl.Float64,
    "why": pl.String,
    "phash": pl.UInt64,
    "group": pl.String,
}


def table(*rows):
    """A table of candidates from `(image, phash, group)`, each less wanted than the one before."""
    full = [
        (image, 1.0 - place / 1000, "because", phash, group)
        for place, (image, phash, group) in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=ROWS, orient="row")


def plain(names):
    return table(*((name, None, None) for name in names))


def picked(candidates, **rules):
    return pick(candidates, Rules(**rules)).images["image"].to_list()


def origins(batch):
    return dict(batch.images.select("image", "origin").iter_rows())


def greedy(rows, rules, labelled=()):
    """One look at each row in its order: the same, as slowly and plainly as can be."""
    unlike = [row for row in rows if not looks_like(row, labelled, rules.near)]
    seen, left = [], []
    for row in unlike:
        if not looks_like(row, seen, rules.near):
            seen.append(row["phash"])
            left.append(row)
    chosen, of_group = [], {}
    for row in left:
        count = of_group.get(row["group"], 0)
        if row["group"] is None or rules.most is None or count < rules.most:
            of_group[row["group"]] = count + 1
            chosen.append(row["image"])
    return chosen[: rules.topk]


def looks_like(row, hashes, near):
    if near is None or row["phash"] is None:
        return False
    return any(each is not None and (row["phash"] ^ each).bit_count() <= near for each in hashes)


hashes = st.one_of(st.none(), st.integers(0, 2**10), st.integers(0, 2**64 - 1))
images = st.lists(st.tuples(hashes, st.sampled_from([None, "gate", "yard"])), max_size=30)


@settings(deadline=None, max_examples=30)
@given(images, st.lists(st.integers(0, 2**10), max_size=5), st.data())
def test_a_batch_is_what_one_look_at_each_image_in_order_takes(rows, labelled, data):
    best = table(*((f"{place:02}", *row) for place, row in enumerate(rows)))
    near, most = st.sampled_from([None, 0, 4, 5, 8]), st.none() | st.integers(1, 3)
    rules = Rules(data.draw(st.integers(1, 12)), near=data.draw(near), most=data.draw(most))
    known = np.array(labelled, np.uint64)
    batch = pick(Candidates(best, labelled=known), rules)
    assert batch.images["image"].to_list() == greedy(best.rows(named=True), rules, labelled)
    assert batch.short == rules.topk - batch.images.height


@settings(deadline=None, max_examples=30)
@given(images, st.integers(1, 12), st.integers(0, 30))
def test_the_beginning_of_the_order_suffices_or_the_batch_is_short(rows, topk, first):
    best = table(*((f"{place:02}", *row) for place, row in enumerate(rows)))
    lots = best.sample(fraction=1.0, seed=1, shuffle=True)
    rules = Rules(topk, near=4, most=2, control=0.25)
    whole = pick(Candidates(best, lots=lots), rules)
    some = pick(Candidates(best.head(first), lots=lots), rules)
    if some.short == 0:
        assert some.images.equals(whole.images)
        assert (some.folded, some.capped) == (whole.folded, whole.capped)
    elif first >= best.height:
        assert some.short == whole.short


def test_the_order_of_the_candidates_decides_and_not_their_scores():
    best = plain("ca").with_columns(score=pl.Series([0.1, 0.9]))
    assert pick(Candidates(best), Rules(2)).images.rows() == [
        ("c", 0.1, "because", 1, "mined"),
        ("a", 0.9, "because", 2, "mined"),
    ]


def test_a_small_pool_is_taken_whole_and_the_batch_says_what_is_missing():
    batch = pick(Candidates(plain("a")), Rules(3, control=0.5, empty=0.2))
    assert origins(batch) == {"a": "mined"}
    assert (batch.short, batch.short_of_lots, batch.short_of_empties) == (2, 2, 0)
    assert pick(Candidates(plain("")), Rules(3)).short == 3
    assert pick(Candidates(plain("ab")), Rules(0)).images.height == 0


def test_what_looks_like_a_labelled_image_or_a_better_one_is_left_out():
    best = table(("a", 0, None), ("b", 1, None), ("c", 2**40, None), ("d", None, None))
    labelled = np.array([7 * 2**40], np.uint64)
    batch = pick(Candidates(best, labelled=labelled), Rules(3, near=2))
    assert batch.images["image"].to_list() == ["a", "d"]
    assert (batch.short, batch.folded, batch.capped) == (1, 2, 0)
    assert picked(Candidates(best, labelled=labelled), topk=3) == ["a", "b", "c"]


def test_a_group_has_its_part_of_the_whole_batch():
    best = table(*((name, None, "gate") for name in "abcd"), ("e", None, None))
    lots = table(("z", None, "gate"), ("y", None, "gate"))
    batch = pick(Candidates(best, lots=lots), Rules(4, most=2, control=0.25))
    assert origins(batch) == {"z": "control", "a": "mined", "e": "mined"}
    assert (batch.short, batch.capped) == (1, 3)


def test_lots_are_drawn_before_the_best_and_count_as_lots():
    names = "abcdefghij"
    batch = pick(Candidates(plain(names), lots=plain("bzay")), Rules(10, control=0.2))
    assert {image for image, origin in origins(batch).items() if origin == "control"} == {"b", "z"}
    assert batch.images.filter(origin="mined")["image"].to_list() == list("acdefghi")


def test_images_without_a_find_fill_their_share_and_mined_ones_the_rest_of_it():
    best, empties = plain("abcdefgh"), plain("yz")
    batch = pick(Candidates(best, empties=empties), Rules(6, empty=0.5))
    assert sorted(origins(batch)) == ["a", "b", "c", "d", "y", "z"]
    assert (batch.short, batch.short_of_empties) == (0, 1)


def test_the_shares_are_spread_evenly_over_the_batch():
    best, lots = plain("abcdefgh"), plain("yz")
    batch = pick(Candidates(best, lots=lots), Rules(10, control=0.2))
    assert "".join(batch.images["image"]) == "abyc" + "defzgh"
    assert batch.images["rank"].to_list() == list(range(1, 11))


@pytest.mark.parametrize(
    ("topk", "control", "empty", "shares"),
    [
        (40, 0.1, 0.05, (4, 2)),
        (4, 0.1, 0.0, (1, 0)),
        (1, 0.5, 0.5, (0, 0)),
        (3, 0.9, 0.9, (2, 0)),
        (10, 0.0, 0.0, (0, 0)),
    ],
)
def test_a_share_is_one_image_at_least_and_something_is_always_mined(topk, control, empty, shares):
    rules = Rules(topk, control=control, empty=empty)
    assert (rules.by_lot, rules.empties) == shares


def test_an_image_scored_twice_is_refused():
    with pytest.raises(ResultError, match="`a` is scored twice"):
        pick(Candidates(plain("aa")), Rules(1))


@pytest.mark.parametrize("score", [float("nan"), float("inf"), None])
def test_a_score_that_is_no_number_is_refused(score):
    best = plain("ab").with_columns(score=pl.Series([0.5, score], dtype=pl.Float64))
    with pytest.raises(ResultError, match="`b` has no finite score"):
        pick(Candidates(best), Rules(1))
