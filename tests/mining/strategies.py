"""A pool, and what every strategy must keep to."""

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from ymir.contracts.mining import Aim, strategies
from ymir.data.table import table

DIMENSIONS = 8


def name(place):
    return f"{place:032x}"


def pool(*images):
    """A pool with one image per list of `(label, score)`, or of `(label, score, x)`."""
    return table(
        {
            "image": name(place),
            "objects": [
                {"label": label, "x": (x or [0])[0], "y": 0, "w": 9, "h": 9, "score": score}
                for label, score, *x in boxes
            ],
        }
        for place, boxes in enumerate(images)
    )


def directions(count, seed=0):
    """So many rows of length 1."""
    rows = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def given(images, vectors, wanted):
    """The images with what a strategy asks for, and no more."""
    if "predictions" not in wanted:
        images = images.with_columns(objects=pl.lit([], dtype=images.schema["objects"]))
    if "features" in wanted:
        kind = pl.Array(pl.Float32, DIMENSIONS)
        images = images.with_columns(feature=pl.Series(vectors, dtype=kind))
    return images


def picked(plugin, images, aim, vectors=None):
    """What a strategy makes of a pool: its rows in the order in which they are to be labelled."""
    strategy = strategies.load(plugin)
    vectors = directions(images.height) if vectors is None else vectors
    scored = strategy.score(given(images, vectors, strategy.NEEDS), aim)
    full = given(images.select("image", "objects"), vectors, strategy.ORDERS_BY)
    wanted = {"predictions": "objects", "features": "feature"}
    columns = ["image", *(wanted[each] for each in strategy.ORDERS_BY)]
    return strategy.order(scored.join(full.select(columns), on="image"), aim)


def random_pool(count, seed=0):
    """Images with up to six boxes of four classes, some on each other, and some without any."""
    chance = np.random.default_rng(seed)
    return pool(
        *(
            [
                (str(chance.choice(list("abcd"))), float(chance.random()), int(chance.integers(30)))
                for _ in range(chance.integers(6))
            ]
            for _ in range(count)
        )
    )


POOLS = {
    "no image": pool(),
    "one image": pool([("a", 0.5)]),
    "nothing found": pool([], [], [], [], []),
    "certainties": pool([("a", 0.0)], [("a", 1.0)], [("b", 1.0), ("a", 1.0)], []),
    "many": random_pool(60),
}


def keeps_its_contract(plugin):
    """Give the strategy called `plugin` pools, and compare with what the contract says."""
    strategy = strategies.load(plugin)
    known = directions(5, seed=9)
    needs = "features" in {*strategy.NEEDS, *strategy.ORDERS_BY}
    for aim in (
        Aim(topk=4, seed=7, known=known if needs else None),
        Aim(topk=4, shortfall={"a": 0.3, "b": 0.0, "z": 0.9}, labelled={"a": 40, "c": 1}),
        Aim(topk=100, known=known[:0] if needs else None, shortfall={"a": 0.0}),
    ):
        for images in POOLS.values():
            _scores_rows_one_by_one(strategy, images, aim)
            _orders_all(plugin, images, aim)
    assert strategy.Settings.model_validate({})
    with pytest.raises(ValidationError):
        strategy.Settings.model_validate({"no_such_setting": 1})


def _scores_rows_one_by_one(strategy, images, aim):
    full = given(images, directions(images.height), strategy.NEEDS)
    scored = strategy.score(full, aim)
    assert scored.columns[:3] == ["image", "score", "why"]
    assert scored.schema["score"] == pl.Float64
    assert scored["image"].to_list() == images["image"].to_list()
    assert scored["score"].is_finite().all()
    assert (scored["why"].str.len_chars() > 0).all()
    assert scored.equals(strategy.score(full, aim))
    assert strategy.score(full.reverse(), aim).reverse().equals(scored)
    for size in (1, 7):
        shards = [strategy.score(shard, aim) for shard in full.iter_slices(size)]
        assert not shards or pl.concat(shards).equals(scored)


def _orders_all(plugin, images, aim):
    vectors = directions(images.height)
    ordered = picked(plugin, images, aim, vectors)
    assert sorted(ordered["image"]) == sorted(images["image"])
    assert ordered.columns[:3] == ["image", "score", "why"]
    backwards = picked(plugin, images.reverse(), aim, vectors[::-1])
    assert backwards["image"].to_list() == ordered["image"].to_list()
