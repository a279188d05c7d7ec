"""What a strategy is told besides the images."""

from dataclasses import replace

import numpy as np

from tests.stages.models import asking, put_model
from tests.stages.test_training import Place, place
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Recipe, Version
from ymir.stages.scoring import mining_of

__all__ = ["place"]

COUNTS = {"cat": 7, "dog": 2}


def told(place: Place, use: str) -> tuple[object, ...]:
    """The aim of a stage that mines after a training set of three images."""
    put_model(place)
    train = place.root / "store/train/images.parquet"
    write_table(read_table(train), place.root / "store/p/r1/training/training.parquet")
    work = asking(place.work("mine", {}), use=use, shortfall={"cat": 0.25})
    work.store.versions["p/r1/training"] = Version(
        Recipe("training", {}, {}), "d", 1, {"per_class": COUNTS}
    )
    inputs = ("p/r1/train", "p/r1/training")
    aim = mining_of(replace(work, stage=replace(work.stage, inputs=inputs))).aim
    return aim.labelled, aim.shortfall, aim.known


def test_a_strategy_knows_how_many_boxes_are_labelled_and_what_is_lacking(place: Place) -> None:
    assert told(place, "entropy") == (COUNTS, {"cat": 0.25}, None)


def test_a_strategy_that_compares_images_is_told_what_the_labelled_ones_look_like(
    place: Place,
) -> None:
    known = told(place, "hybrid")[2]
    assert isinstance(known, np.ndarray)
    assert known.shape == (3, 128)
