"""What a plan costs, learned from earlier rounds."""

import pytest

from tests.plan.worlds import Pure, catalogue
from ymir.plan.cost import Cost, total
from ymir.plan.plan import Plan
from ymir.spec.catalogue import Catalogue


class Timed(Pure):
    """A world in which training takes a second per image, and everything has its number."""

    gpus = 1

    def known(self, stage, recipe):
        facts = dict(super().known(stage, recipe))
        match stage.kind:
            case "dataset":
                facts["images"] = {"train": 100, "val": 20, "test": 30, "pool": 500}[stage.name]
            case "training":
                labelled = [name for name in recipe.inputs if name.endswith("/label")]
                facts["images"] = 100 + 10 * len(labelled)
            case "train":
                images = self.versions[stage.round.stage("training")].facts["images"]
                seconds = 3600.0 * (images + 20) / 120
                facts |= {"gpu_seconds": seconds * self.gpus, "seconds": seconds}
            case "predict":
                facts |= {"images": 50, "gpu_seconds": 360.0 * self.gpus, "seconds": 360.0}
            case "mine":
                facts |= {"candidates": 500, "seconds": 5.0}
        return facts


def with_gpus(specs: Catalogue, gpus: int) -> Catalogue:
    tiny = specs.executors["tiny"]
    resources = tiny.resources.model_copy(update={"gpus": gpus})
    specs.executors["tiny"] = tiny.model_copy(update={"resources": resources})
    return specs


def cost_of(now: Plan, stage: str) -> Cost:
    return now.effects[stage].cost


def test_nobody_knows_what_the_first_round_costs() -> None:
    now = Timed().plan(with_gpus(catalogue(), 1))
    assert cost_of(now, "p/r1/train") == Cost(unknown=1)
    assert now.cost.says == "no history of 3 stages"


def test_a_training_takes_what_the_like_took_for_as_many_images() -> None:
    world = Timed(scores=lambda number: 0.5)
    world.obey(with_gpus(catalogue(goal={"rounds": 1}), 1))
    now = world.plan(with_gpus(catalogue(goal={"rounds": 2}), 1))
    train = cost_of(now, "p/r2/train")
    assert train.images == 100 + 10 + 20  # the training set, what is picked next, validation
    assert train.gpu_hours == pytest.approx((130 / 120, 130 / 120))
    assert cost_of(now, "p/r2/predict").gpu_hours == pytest.approx((0.1, 0.1))
    assert cost_of(now, "p/r2/predict").images == 50


def test_several_rounds_make_a_range() -> None:
    world = Timed(scores=lambda number: 0.5)
    slow = with_gpus(catalogue(goal={"rounds": 1}), 1)
    world.obey(slow)
    world.gpus = 2
    world.obey(with_gpus(catalogue(goal={"rounds": 2}), 1))
    now = world.plan(with_gpus(catalogue(goal={"rounds": 3}), 1))
    low, high = cost_of(now, "p/r3/train").gpu_hours
    assert high == pytest.approx(2 * low)


def test_an_executor_without_a_gpu_takes_hours() -> None:
    world = Timed(scores=lambda number: 0.5)
    world.gpus = 0
    world.obey(with_gpus(catalogue(goal={"rounds": 1}), 0))
    now = world.plan(with_gpus(catalogue(goal={"rounds": 2}), 0))
    train = cost_of(now, "p/r2/train")
    assert train.gpu_hours is None
    assert train.hours == pytest.approx((130 / 120, 130 / 120))
    assert "1.08 hours without a GPU" in train.says


def test_what_ran_on_processors_says_nothing_of_gpus() -> None:
    world = Timed(scores=lambda number: 0.5)
    world.gpus = 0
    world.obey(with_gpus(catalogue(goal={"rounds": 1}), 0))
    now = world.plan(with_gpus(catalogue(goal={"rounds": 2}), 1))
    assert cost_of(now, "p/r2/train").says == "130 images to move, no history"


def test_rounds_with_other_parameters_count_where_there_is_none_with_the_same() -> None:
    world = Timed(scores=lambda number: 0.5)
    world.obey(with_gpus(catalogue(goal={"rounds": 1}), 1))
    longer = {"with": {"epochs": 9}}
    now = world.plan(with_gpus(catalogue(goal={"rounds": 2}, train=longer), 1))
    assert cost_of(now, "p/r2/train").gpu_hours is not None


def test_mining_that_ran_no_job_costs_no_hours() -> None:
    world = Timed(scores=lambda number: 0.5)
    world.obey(with_gpus(catalogue(goal={"rounds": 2}), 1))
    mine = cost_of(world.plan(with_gpus(catalogue(goal={"rounds": 3}), 1)), "p/r2/mine")
    assert (mine.gpu_hours, mine.unknown) == (None, 0)
    assert mine.images == 500 - 10


def test_labels_are_those_that_the_budget_has_left() -> None:
    world = Timed(scores=lambda number: 0.5)
    world.obey(with_gpus(catalogue(goal={"rounds": 2, "labels": 14}), 1))
    now = world.plan(with_gpus(catalogue(goal={"rounds": 3, "labels": 14}), 1))
    assert cost_of(now, "p/r2/label").labels == 4
    assert "4 labels" in now.cost.says


def test_a_plan_costs_what_its_steps_cost() -> None:
    costs = [
        Cost(gpu_hours=(1.0, 2.0), images=1000),
        Cost(gpu_hours=(0.5, 0.5), labels=20, images=500),
        Cost(unknown=1),
        Cost(),
    ]
    whole = total(costs)
    assert whole == Cost(gpu_hours=(1.5, 2.5), labels=20, images=1500, unknown=1)
    assert whole.says == "1.50 to 2.50 GPU-hours, 20 labels, 1,500 images to move, no history"


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        ((0.0001, 0.002), "under 0.01 GPU-hours"),
        ((0.5, 0.501), "0.50 GPU-hours"),
        ((9.5, 1234.5), "9.50 to 1,234 GPU-hours"),
    ],
)
def test_hours_are_said_as_far_as_they_matter(hours: tuple[float, float], says: str) -> None:
    assert Cost(gpu_hours=hours).says == says


def test_what_is_suspended_costs_nothing() -> None:
    world = Timed(scores=lambda number: 0.5)
    world.obey(with_gpus(catalogue(goal={"rounds": 1}), 1))
    now = world.plan(with_gpus(catalogue(goal={"rounds": 2}, suspend=True), 1))
    assert now.cost == Cost()
