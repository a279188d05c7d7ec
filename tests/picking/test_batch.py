import polars as pl
import pytest

from ymir.errors import ResultError
from ymir.picking.batch import pick


def scores(**by_image):
    return pl.DataFrame(
        {"image": list(by_image), "score": list(by_image.values())},
        schema={"image": pl.String, "score": pl.Float64},
    ).with_columns(why=pl.lit("because"))


def test_the_best_come_first_and_equals_by_image():
    picked = pick(scores(d=0.5, c=0.9, b=0.5, a=0.1), topk=3)
    assert picked.rows() == [
        ("c", 0.9, "because", 1),
        ("b", 0.5, "because", 2),
        ("d", 0.5, "because", 3),
    ]


def test_a_small_pool_is_taken_whole():
    assert pick(scores(a=0.5), topk=3)["rank"].to_list() == [1]
    assert pick(scores(), topk=3).height == 0


def test_an_image_scored_twice_is_refused():
    twice = pl.concat([scores(a=0.5), scores(a=0.6)])
    with pytest.raises(ResultError, match="`a` is scored twice"):
        pick(twice, topk=1)


@pytest.mark.parametrize("score", [float("nan"), float("inf"), None])
def test_a_score_that_is_no_number_is_refused(score):
    with pytest.raises(ResultError, match="`b` has no finite score"):
        pick(scores(a=0.5, b=score), topk=1)
