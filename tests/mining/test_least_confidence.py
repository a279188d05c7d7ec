import pytest
from pydantic import ValidationError

from tests.mining.strategies import keeps_its_contract, pool
from ymir.contracts.mining import Aim
from ymir.mining import least_confidence


def scored(*images, **settings):
    aim = Aim(topk=1, settings=settings)
    found = least_confidence.score(pool(*images), aim).select("score", "why")
    return [(pytest.approx(score, abs=1e-6), why) for score, why in found.iter_rows()]


def test_least_confidence_keeps_its_contract():
    keeps_its_contract("least-confidence")


def test_the_weakest_claim_decides_and_what_is_not_claimed_does_not():
    assert scored([("hat", 0.9), ("head", 0.4), ("cap", 0.2)], [("hat", 0.29)], []) == [
        (0.6, "a head at 0.4"),
        (0.0, "nothing found"),
        (0.0, "nothing found"),
    ]


def test_what_counts_as_a_claim_may_be_said():
    assert scored([("hat", 0.29), ("hat", 0.8)], claimed=0.25) == [(0.71, "a hat at 0.29")]
    assert scored([("hat", 0.4), ("hat", 0.8)], claimed=0.5) == [(0.2, "a hat at 0.8")]
    with pytest.raises(ValidationError):
        least_confidence.Settings.model_validate({"claimed": 0})


def test_it_is_not_the_order_of_entropy():
    weak, even = scored([("hat", 0.31)], [("hat", 0.5)])
    assert weak[0].expected > even[0].expected
