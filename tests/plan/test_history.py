"""The records of a project say what was found out with its rounds."""

import pytest

from ymir.errors import StoreError
from ymir.plan.history import figures_of, mining_so_far, number_in
from ymir.plan.snapshot import Recipe, Version


def report(**facts: object) -> dict[str, Version]:
    return {"pets/report": Version(Recipe("report", {}, {}), "r", facts=facts)}


def test_whether_mining_pays_is_what_the_newest_report_says() -> None:
    said = {"verdict": "pays", "says": "Mining pays so far"}
    assert mining_so_far("pets", report(mining=said)) == said
    assert mining_so_far("cars", report(mining=said)) is None


def test_a_report_without_lots_and_no_report_say_nothing() -> None:
    assert mining_so_far("pets", report(round=1)) is None
    assert mining_so_far("pets", {}) is None


def test_a_record_that_somebody_cut_is_told() -> None:
    judged = Version(Recipe("judge", {}, {}), "j", facts={"map": 0.5})
    with pytest.raises(StoreError, match="the record of round 3 does not say its `map_low`"):
        figures_of(3, judged, 0)


def test_what_is_no_number_counts_nothing() -> None:
    odd = {"a": float("inf"), "b": float("nan"), "c": "7", "d": 7.0}
    assert [number_in(odd, name) for name in "abcd"] == [0, 0, 0, 7]
