import polars as pl
import pytest

from ymir.data.lots import lots_of_texts
from ymir.data.ops.split import split
from ymir.data.table import table
from ymir.survey.lottery import Lottery, draw

PARTS = {"train": 0.7, "val": 0.1, "test": 0.2}


def by_text(texts: pl.Series, seed: int):
    return lots_of_texts(texts, seed=seed)


@pytest.mark.parametrize("groups", [8, 30])
def test_the_seed_gives_what_it_promises_and_no_part_is_empty(groups: int) -> None:
    lottery: Lottery = by_text
    names = [f"c{at % groups}" for at in range(groups * 5)]
    labels = [["cat"] if at % 4 else ["dog"] for at in range(len(names))]
    found = draw(pl.DataFrame({"labels": labels}), pl.Series(names), lottery, PARTS)
    images = table(
        {"image": f"{at:032x}", "tags": [{"key": "clip", "value": name}]}
        for at, name in enumerate(names)
    )
    sizes = {
        part: split(images, parts=PARTS, take=part, by="clip", seed=found.seed).height
        for part in PARTS
    }
    assert sizes == dict(found.images)
    assert list(found.images) == list(PARTS)
    assert all(sizes.values())


def test_classes_are_shared_out_as_images_are() -> None:
    rare = [["dog"] if at < 10 else ["cat"] for at in range(100)]
    names = pl.Series([f"{at}" for at in range(100)])
    found = draw(pl.DataFrame({"labels": rare}), names, by_text, {"a": 0.5, "b": 0.5})
    place = lots_of_texts(names, seed=found.seed) >= 2**63
    assert 4 <= int(place[:10].sum()) <= 6
    assert 45 <= found.images["b"] <= 55


def test_images_without_a_box_are_parted_too() -> None:
    names = pl.Series([f"{at}" for at in range(20)])
    labels = pl.DataFrame({"labels": [[]] * 20}, schema={"labels": pl.List(pl.String)})
    found = draw(labels, names, by_text, {"a": 0.5, "b": 0.5})
    assert found.images == {"a": 10, "b": 10}
