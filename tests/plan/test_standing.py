"""Each step of a plan says in a few words how its dataset stands."""

from ymir.plan.planner import Block, Keep, Park, Prune, Run, Wait
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import Stage
from ymir.plan.standing import CURRENT, UNASKED, standings


def test_every_kind_of_step_has_its_words():
    recipe = Recipe("dataset", {}, {})
    steps = (
        Keep(Stage("kept", "dataset")),
        Run(Stage("made", "dataset"), recipe, "source changed"),
        Park(Stage("sent", "label"), recipe, "label 3 images"),
        Wait(Stage("later", "dataset"), ("kept", "made")),
        Block(Stage("held", "dataset"), "the folder `x` does not exist"),
        Prune("old"),
    )
    assert standings(steps) == {
        "kept": CURRENT,
        "made": "to be made: source changed",
        "sent": "waits for people",
        "later": "waits for kept, made",
        "held": "blocked: the folder `x` does not exist",
        "old": UNASKED,
    }
