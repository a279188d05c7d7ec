from ymir.plan.pace import expected_seconds
from ymir.plan.snapshot import Version, recipe_for
from ymir.plan.stage import RoundOf, Stage


def stage(name: str) -> Stage:
    return Stage(name, name.rpartition("/")[2], round=RoundOf.of(name))


def took(name: str, seconds: object) -> tuple[str, Version]:
    return name, Version(recipe_for(stage(name), {}), "x", 1, {"seconds": seconds})


OBSERVED = dict(
    [
        took("site", 30.0),
        took("p/r1/predict", 100.0),
        took("p/r2/predict", 140),
        took("p/r2/judge", "long"),
        took("q/r1/mine", 7.0),
    ]
)


def test_a_round_takes_what_the_last_one_took() -> None:
    assert expected_seconds(stage("p/r3/predict"), OBSERVED) == 140
    assert expected_seconds(stage("p/r2/predict"), OBSERVED) == 140
    assert expected_seconds(stage("p/r9/predict"), OBSERVED) == 140


def test_a_dataset_takes_what_it_took() -> None:
    assert expected_seconds(stage("site"), OBSERVED) == 30


def test_nobody_knows_of_what_was_never_done() -> None:
    assert expected_seconds(stage("other"), OBSERVED) is None
    assert expected_seconds(stage("p/r1/mine"), OBSERVED) is None, "another project's says nothing"
    assert expected_seconds(stage("p/r3/judge"), OBSERVED) is None, "a record of other hands"
