"""The records of a project say what was found out with its rounds."""

from ymir.plan.history import mining_so_far
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
