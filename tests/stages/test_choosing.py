"""The batch of a pool in parts is that of one look at all of it."""

import numpy as np
import polars as pl
import pytest

from tests.stages.models import finding, put_model, run
from tests.stages.test_shards import made, mining, pool
from tests.stages.test_training import Place, picture
from ymir.media.phash import phashes
from ymir.media.tables import read_table
from ymir.picking.batch import Candidates, Rules, pick
from ymir.stages import mine

TOPK = 2  # of 120 images, so that the best alone do not always fill the batch


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Sixty pictures, and of the best ones many copies."""
    root = tmp_path_factory.mktemp("place")
    (root / "media/.dvc").mkdir(parents=True)
    (root / "media/.dvc/config").touch()
    place = Place(root)
    for first, name in ((0, "train"), (10, "val"), (20, "test")):
        place.put(name, *(picture(first + at) for at in range(3)))
    place.put("pool", *(picture(100 + at) for at in range(60)))
    place.put("pool", *(picture(100 + at % 3, quality=20 + at) for at in range(60)))
    put_model(place)
    return place


def sureness(place: Place) -> dict[str, tuple[str, float]]:
    """Copies are what the model is least sure of."""
    rows = read_table(place.root / "store/pool/images.parquet")
    order = np.random.default_rng(1).permutation(rows.height)
    doubts = np.where(order % 2, 0.5, 0.51) + np.arange(rows.height)[::-1] / 1000
    return {
        image: ("cat", float(score)) for image, score in zip(rows["image"], doubts, strict=True)
    }


def at_once(place: Place, topk: int) -> list[str]:
    """One look at everything: entropy of one box falls as its score rises above a half."""
    scores = sureness(place)
    rows = pl.DataFrame(
        {"image": list(scores), "score": [-((score - 0.5) ** 2) for _, score in scores.values()]}
    ).sort("score", "image", descending=[True, False])
    best = rows.with_columns(why=pl.lit(""), phash=phashes(place.media, rows))
    return pick(Candidates(best), Rules(topk, 4)).images["image"].to_list()


@pytest.mark.parametrize("shard", [7, 50, 1000])
@pytest.mark.parametrize("topk", [TOPK, 20, 60])
def test_the_best_of_all_shards_are_the_best_of_the_pool(
    place: Place, shard: int, topk: int
) -> None:
    work = mining(place, shard=shard, topk=topk)
    run(mine, work, finding(sureness(place)))
    _, into = made(work)
    mined = read_table(into / "mined.parquet")["image"].to_list()
    assert mined == at_once(place, topk)
    assert len(mined) == topk
    assert set(mined) <= set(pool(place))
