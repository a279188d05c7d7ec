import polars as pl
import pytest

from tests.mining.strategies import keeps_its_contract, pool
from ymir.contracts.mining import Aim
from ymir.mining import margin


def scored(*images, **settings):
    found = margin.score(pool(*images), Aim(topk=1, settings=settings)).select("score", "why")
    return [(pytest.approx(score, abs=1e-6), why) for score, why in found.iter_rows()]


def test_margin_keeps_its_contract():
    keeps_its_contract("margin")


def test_two_sure_boxes_of_two_classes_on_one_thing_are_doubted():
    on_it, beside_it = scored(
        [("hat", 0.9, 0), ("head", 0.85, 1)], [("hat", 0.9), ("head", 0.9, 9)]
    )
    assert on_it == (0.95, "a hat at 0.9 or a head at 0.85")
    assert beside_it == (0.2, "a head at 0.9")


def test_without_a_rival_the_margin_is_to_there_being_nothing():
    assert scored([("hat", 0.5)], [("hat", 0.2)], [("hat", 1.0)], []) == [
        (1.0, "a hat at 0.5"),
        (0.4, "a hat at 0.2"),
        (0.0, "a hat at 1.0"),
        (0.0, "nothing found"),
    ]


def test_a_weak_rival_counts_less_than_there_being_nothing():
    assert scored([("hat", 0.7, 0), ("head", 0.1, 0)]) == [(0.6, "a hat at 0.7")]


def test_another_box_of_the_same_class_is_no_rival():
    assert scored([("hat", 0.9, 0), ("hat", 0.85, 1)]) == [(0.3, "a hat at 0.85")]


def test_of_two_rivals_the_surer_one_counts():
    (found,) = scored([("hat", 0.9, 0), ("cap", 0.5, 0), ("head", 0.8, 0)])
    assert found == (0.9, "a hat at 0.9 or a head at 0.8")


def test_boxes_without_a_size_are_about_nothing():
    images = pool([("hat", 0.9), ("head", 0.85)])
    flat = images.with_columns(
        objects=images["objects"].list.eval(
            pl.element().struct.with_fields(w=pl.lit(0.0), h=pl.lit(0.0))
        )
    )
    assert margin.score(flat.cast(images.schema), Aim(topk=1))["score"].to_list() == [
        pytest.approx(0.3)
    ]


def test_means_and_sums_are_there_for_whoever_asks():
    assert scored([("hat", 0.5), ("hat", 0.9)], aggregate="mean") == [(0.6, "a hat at 0.5")]
    assert scored([("hat", 0.5), ("hat", 0.9)], aggregate="sum") == [(1.2, "a hat at 0.5")]
