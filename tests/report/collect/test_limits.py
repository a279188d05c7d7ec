"""A batch says what it was aimed at, and what was passed over for it."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from ymir.plan.decision import Decision
from ymir.plan.snapshot import Recipe, Version
from ymir.report.collect.limits import limits
from ymir.report.record import RoundRecord


def said(settings: dict[str, JsonValue], **facts: JsonValue) -> tuple[str, ...]:
    """What the page says of a batch that was mined so."""
    mine = Version(Recipe("mine", settings, {}), "m", facts=facts)
    decision = Decision("continue", "on", goal_met=False)
    return limits(RoundRecord(1, Path(), decision, {"mine": mine}))


def test_a_record_without_limits_says_nothing() -> None:
    assert said({}) == ()
    assert said({}, folded=0, capped=0) == ()


def test_what_was_passed_over_is_counted() -> None:
    groups: JsonValue = {"by": ["camera", "day"], "most": 3}
    assert said({"groups": groups}, candidates=1200, folded=1, capped=40) == (
        "1,200 images could be picked.",
        "1 image was passed over because others like it are labelled or in the batch.",
        "40 images were passed over because there are 3 of their `camera` and `day` in the batch.",
    )
    usual = said({"groups": {"by": ["camera"]}}, capped=2)
    assert usual[0].endswith("there are 5 of their `camera` in the batch.")


def test_a_part_of_the_pool_is_told_from_the_whole() -> None:
    assert said({}, candidates=1_000_000, looked_at=100_000) == (
        "Of 1,000,000 images that could be picked, 100,000 were looked at.",
    )


def test_classes_below_their_floors_are_named_the_lowest_first() -> None:
    lacking: JsonValue = {
        "hat": 0.1,
        "vest": 0.25,
        "head": 0.0,
        **{f"c{k}": 0.01 for k in range(5)},
    }
    (aimed,) = said({"shortfall": lacking})
    assert aimed == (
        "It was aimed at classes below their floors: `vest` 0.250, `hat` 0.100, `c0` 0.010, "
        "`c1` 0.010, `c2` 0.010 and 2 more."
    )
    assert said({"shortfall": {"hat": 0.0}}) == ()


def test_the_executors_own_scores_are_named_with_their_weight() -> None:
    assert said({"blend": {"weight": 0.25}}) == (
        "The executor's own scores count 25% of an image's place.",
    )


@pytest.mark.parametrize("odd", [None, 3, "camera", ["camera"], {"by": "x"}])
def test_a_record_that_is_otherwise_breaks_nothing(odd: JsonValue) -> None:
    assert len(said({"groups": odd, "blend": odd, "shortfall": odd}, capped=2)) == 1
