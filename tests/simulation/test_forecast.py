"""What a simulation takes, from the project's own rounds."""

from ymir.plan.snapshot import Recipe, Version
from ymir.simulation.design import Design
from ymir.simulation.forecast import Forecast, forecast

DESIGN = Design(("random", "hybrid"), seeds=(1, 2), start=10, topk=10, rounds=3)


def made(kind: str, seconds: float) -> Version:
    return Version(Recipe(kind, {}, {}), "digest", facts={"seconds": seconds})


def test_without_a_round_only_the_number_of_trainings_is_known() -> None:
    assert forecast(DESIGN, "pets", 2, {}) == Forecast(2 * (2 + 2 * 3))


def test_the_longest_of_the_projects_own_rounds_count_shared_by_the_workers() -> None:
    observed = {
        "pets/r1/train": made("train", 50),
        "pets/r2/train": made("train", 60),
        "pets/r1/predict": made("predict", 20),
        "hens/r1/train": made("train", 9000),
    }
    assert forecast(DESIGN, "pets", 1, observed) == Forecast(16, 16 * 80)
    assert forecast(DESIGN, "pets", 4, observed) == Forecast(16, 4 * 80)


def test_more_workers_than_trainings_make_nothing_faster_than_one() -> None:
    one = {"pets/r1/train": made("train", 50)}
    assert forecast(DESIGN, "pets", 64, one) == Forecast(16, 50)
