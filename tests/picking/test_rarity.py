import polars as pl
import pytest

from ymir.picking.rarity import rarity


def weights(labelled, *labels):
    return pl.DataFrame({"label": labels}).with_columns(weight=rarity(labelled))["weight"].to_list()


def test_a_class_counts_by_the_root_of_how_rare_it_is():
    found = weights({"hat": 99, "head": 399, "body": 249}, "hat", "head", "body")
    assert found == pytest.approx([1.5811, 0.7906, 1.0], abs=1e-4)


def test_no_class_counts_more_than_twice_or_less_than_half_of_the_root():
    found = weights({"hat": 0, "head": 10_000, "body": 0, "arm": 0}, "hat", "head", "never seen")
    assert found == pytest.approx([2.0, 0.7071, 2.0], abs=1e-4)


def test_where_nothing_is_known_all_count_the_same():
    assert weights({}, "hat", "head") == [1.0, 1.0]
