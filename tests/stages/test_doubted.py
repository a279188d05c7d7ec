"""Which images of the sets that models are judged on have labels that a model contradicts."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.stages.test_training import BOX, Place, picture
from ymir.data.table import table
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Recipe
from ymir.stages.again import facts_of, find_again, sent_again
from ymir.stages.kind import Work

MANY = 20  # images of each set, so that one mistake leaves a model confident
MISSING = "suspicious label: cat missing, 0.93"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The model finds all cats, and a second one on three images, the surest on `test-3`."""
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, (name, count) in enumerate(
        {"train": 2, "pool": 2, "val": MANY, "test": MANY}.items()
    ):
        place.put(name, *(picture(100 * first + at) for at in range(count)))
    found(place, "testing", "test", {3: 0.93, 7: 0.92})
    found(place, "validation", "val", {5: 0.91})
    return place


def images(place: Place, name: str) -> list[str]:
    return read_table(place.root / "store" / name / "images.parquet")["image"].to_list()


def found(place: Place, part: str, name: str, more: dict[int, float]) -> None:
    rows = [
        {"image": image, "width": 128, "height": 96, "objects": [{**BOX, "score": 0.9}]}
        for image in images(place, name)
    ]
    for at, score in more.items():
        rows[at]["objects"].append({**BOX, "x": 60.0, "score": score})
    write_table(table(rows), place.root / f"store/p/r2/predict/predictions/{part}.parquet")


def work(place: Place, most: int, *, room: int | None = None) -> Work:
    plain = place.work("mine", {})
    settings = {**plain.stage.settings, "suspicious": most, "room": room}
    names = ("p/r2/train", "pool", "p/r1/mine", "p/r1/label", "test", "val", "train")
    stage = replace(
        plain.stage, name="p/r2/mine", inputs=(*names, "p/r2/predict"), settings=settings
    )
    return replace(plain, stage=stage, recipe=Recipe("mine", settings, {}))


def before(place: Place, *names: str) -> None:
    """Round 1: these images went back, and were answered."""
    sent = pl.DataFrame(
        {"image": names, "origin": ["test"] * len(names), "rank": range(1, len(names) + 1)},
        schema={"image": pl.String, "origin": pl.String, "rank": pl.Int64},
    )
    write_table(sent, place.root / "store/p/r1/mine/mined.parquet")
    write_table(table([]), place.root / "store/p/r1/label/labelled.parquet")


def sent(asked: Work) -> pl.DataFrame:
    find_again(asked)
    return sent_again(asked)


def test_the_surest_of_testing_and_validation_go_back_as_they_are(place: Place) -> None:
    before(place)
    asked = work(place, 9)
    again = sent(asked)
    test, val = images(place, "test"), images(place, "val")
    assert again["image"].to_list() == [test[3], test[7], val[5]]
    assert again["dataset"].to_list() == ["test", "test", "val"]
    assert again["why"][0] == MISSING
    assert again["objects"].list.len().to_list() == [1, 1, 1], (
        "nobody is shown what is contradicted"
    )
    assert facts_of(asked, again) == {
        "relabel": 3,
        "relabel_left": 0,
        "suspicious": 3,
        "corrected": {"test": 2, "val": 1},
    }


def test_never_more_than_asked_for_or_than_there_is_room(place: Place) -> None:
    before(place)
    for asked in (work(place, 1), work(place, 9, room=1)):
        assert sent(asked)["image"].to_list() == images(place, "test")[3:4]
    assert sent(work(place, 9, room=0)).is_empty()


def test_what_people_said_before_is_not_doubted_again(place: Place) -> None:
    test = images(place, "test")
    before(place, test[3])
    assert test[3] not in sent(work(place, 9))["image"]


def test_a_model_that_is_often_wrong_is_not_believed(place: Place) -> None:
    before(place)
    found(place, "testing", "test", dict.fromkeys(range(10), 0.93))
    assert sent(work(place, 9))["image"].to_list() == images(place, "val")[5:6]
