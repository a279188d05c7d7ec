"""Which images a batch takes back, where they are from, and where their answers go."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.stages.test_training import BOX, Place, picture
from ymir.data.table import table
from ymir.errors import DataError
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Recipe
from ymir.spec.picked import digest_of_picked, read_picked
from ymir.stages import mine
from ymir.stages.again import again_of, corrections, find_again, learned, sent_again
from ymir.stages.kind import Work


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Four datasets of three images, and an earlier batch that was answered."""
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, name in ((0, "train"), (10, "val"), (20, "test"), (30, "pool")):
        place.put(name, *(picture(first + at) for at in range(3)))
    return place


def images(place: Place, name: str) -> list[str]:
    return read_table(place.root / "store" / name / "images.parquet")["image"].to_list()


def work(place: Place, listed: list[str], *, room: int | None = None, **gates: object) -> Work:
    """Mining after a list was exported; of round 1, a pool image is in the batch."""
    (place.root / "picked.txt").write_text("\n".join(listed))
    plain = place.work("mine", gates)
    settings = {**plain.stage.settings, "relabel": ["picked.txt"], "room": room, "topk": 1}
    names = ("p/r2/train", "pool", "p/r1/mine", "p/r1/label", "test", "val", "train")
    digest = digest_of_picked(read_picked(place.root, ["picked.txt"]))
    stage = replace(plain.stage, name="p/r2/mine", inputs=names, settings=settings)
    return replace(plain, stage=stage, recipe=Recipe("mine", settings, {"relabel": digest}))


def batch_before(place: Place, *, again: list[str], mined: list[str]) -> None:
    """Round 1: some images were looked at again, others mined; all came back, as dogs."""
    folder = place.root / "store/p/r1"
    sent = [(image, "test") for image in again] + [(image, None) for image in mined]
    picked = pl.DataFrame(
        [(*each, rank) for rank, each in enumerate(sent, start=1)],
        schema={"image": pl.String, "origin": pl.String, "rank": pl.Int64},
        orient="row",
    )
    write_table(picked, folder / "mine/mined.parquet")
    rows = table({"image": each, "objects": [{**BOX, "label": "dog"}]} for each in mined)
    write_table(rows, folder / "label/labelled.parquet")


def origins(found: pl.DataFrame) -> list[tuple[str, str | None]]:
    return found.select("origin", "dataset").rows()


def test_each_image_is_found_where_it_is(place: Place) -> None:
    pool = images(place, "pool")
    batch_before(place, again=[], mined=[pool[0]])
    listed = [pool[1], images(place, "train")[0], pool[0], images(place, "test")[2]]
    asked = work(place, listed)
    find_again(asked)
    found = sent_again(asked)
    assert found["image"].to_list() == listed
    assert origins(found) == [("pool", None), ("train", "train"), ("p-r1", None), ("test", "test")]
    labels = [[each["label"] for each in objects] for objects in found["objects"]]
    assert labels == [[], ["cat"], ["dog"], ["cat"]], "what the pool knows is shown to nobody"


def test_an_image_of_two_datasets_is_corrected_in_both_and_what_judges_is_never_learned(
    place: Place,
) -> None:
    place.put("val", picture(20))  # also in testing
    shared = images(place, "test")[0]
    batch_before(place, again=[], mined=[shared])  # and, whatever went wrong, in a batch
    asked = work(place, [shared])
    find_again(asked)
    found = sent_again(asked)
    assert origins(found) == [("test", "test"), ("val", "val")]
    answers = table([{"image": shared, "objects": []}])
    assert learned(asked, answers, found).is_empty()
    said = corrections(asked, answers, found)
    assert said["dataset"].to_list() == ["test", "val"]
    assert said["objects"].list.len().to_list() == [0, 0]


def test_what_was_answered_in_an_earlier_round_stays_at_home(place: Place) -> None:
    done, new = images(place, "test")[:2]
    batch_before(place, again=[done], mined=[])
    asked = work(place, [done, new, done])
    find_again(asked)
    assert sent_again(asked)["image"].to_list() == [new]


def test_unknown_images_are_named_few_of_many(place: Place) -> None:
    batch_before(place, again=[], mined=[])
    asked = work(place, [f"{number:032x}" for number in range(5)])
    with pytest.raises(
        DataError, match=r"5 images that `picked.txt` names .* and 2 more"
    ) as caught:
        find_again(asked)
    assert caught.value.hint


def test_a_list_that_changes_between_plan_and_batch_stops_the_batch(place: Place) -> None:
    batch_before(place, again=[], mined=[])
    asked = work(place, images(place, "test")[:1])
    (place.root / "picked.txt").write_text("")
    with pytest.raises(DataError, match=r"`picked\.txt` changed meanwhile"):
        mine.jobs(asked)


def test_an_edit_after_the_batch_began_changes_nothing_of_it(place: Place) -> None:
    batch_before(place, again=[], mined=[])
    write_table(table([]), place.root / "store/p/r2/train/training.parquet")
    listed = images(place, "test")[:1]
    asked = work(place, listed, near={"then": "ignore"})
    mine.jobs(asked)
    (place.root / "picked.txt").unlink()
    into = asked.folder / "made"
    into.mkdir()
    facts = mine.make(asked, into)
    assert (facts["picked"], facts["relabel"], facts["corrected"]) == (2, 1, {"test": 1})
    mined = read_table(into / "mined.parquet")
    assert (mined["image"][0], mined["rank"].to_list()) == (listed[0], [1, 2])


def test_a_pool_image_that_tells_what_models_are_judged_on_is_refused(place: Place) -> None:
    batch_before(place, again=[], mined=[])
    place.put("pool", picture(20, quality=60))  # looks like one of testing
    near = images(place, "pool")[-1]
    asked = work(place, [near], near={"then": "block"})
    with pytest.raises(DataError, match="nobody may learn from them"):
        find_again(asked)
    find_again(work(place, [near], near={"then": "warn"}))


def test_the_label_budget_cuts_the_list_and_leaves_no_room_to_mine(place: Place) -> None:
    batch_before(place, again=[], mined=[])
    asked = work(place, images(place, "test"), room=2)
    assert len(mine.jobs(asked)) == 0
    into = asked.folder / "made"
    into.mkdir()
    facts = mine.make(asked, into)
    assert (facts["picked"], facts["relabel"], facts["relabel_left"]) == (2, 2, 1)
    assert facts["left"] == facts["candidates"] == 3


def test_a_round_without_a_list_takes_nothing_back(place: Place) -> None:
    plain = place.work("mine", {})
    (place.root / "store/p/r1/mine").mkdir(parents=True)
    assert sent_again(plain).is_empty()
    assert again_of(plain, "p/r1/mine").is_empty()
