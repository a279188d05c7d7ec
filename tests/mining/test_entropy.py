import pytest
from pydantic import ValidationError

from tests.mining.strategies import keeps_its_contract, pool
from ymir.contracts.mining import Aim
from ymir.mining import entropy


def scored(*images):
    return entropy.score(pool(*images), Aim(topk=1)).select("score", "why").rows()


def test_entropy_keeps_its_contract():
    keeps_its_contract("entropy")


def test_the_least_certain_box_decides_and_is_named():
    first, second = scored([("hat", 0.99), ("helmet_head", 0.52), ("hat", 0.9)], [("hat", 0.25)])
    assert first == (pytest.approx(0.99885, abs=1e-5), "a helmet_head at 0.52")
    assert second == (pytest.approx(0.81128, abs=1e-5), "a hat at 0.25")


def test_many_boxes_count_no_more_than_one():
    crowded, single = scored([("hat", 0.25)] * 50, [("hat", 0.25)])
    assert crowded == single


def test_certainty_and_emptiness_score_zero():
    assert scored([("hat", 1.0)], [("hat", 0.0)], []) == [
        (0.0, "a hat at 1.0"),
        (0.0, "a hat at 0.0"),
        (0.0, "nothing found"),
    ]


def test_of_equal_doubts_the_reason_does_not_depend_on_order():
    forth, back = scored([("a", 0.25), ("b", 0.75)], [("b", 0.75), ("a", 0.25)])
    assert forth == back


def test_means_and_sums_are_there_for_whoever_asks():
    boxes = [("hat", 0.25), ("hat", 0.5), ("hat", 1.0)]
    for aggregate, bits in (("max", 1.0), ("mean", 0.60376), ("sum", 1.81128)):
        aim = Aim(topk=1, settings={"aggregate": aggregate})
        found = entropy.score(pool(boxes, []), aim)
        assert found["score"].to_list() == [pytest.approx(bits, abs=1e-5), 0.0]
        assert found["why"].to_list() == ["a hat at 0.5", "nothing found"]


def test_no_other_way_to_join_doubts_is_known():
    with pytest.raises(ValidationError, match="aggregate"):
        entropy.Settings.model_validate({"aggregate": "median"})
