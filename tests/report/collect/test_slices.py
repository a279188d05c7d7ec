from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from tests.metrics.scenes import LABELS, box, dataset
from tests.report.rounds import spec
from ymir.data.table import table
from ymir.metrics.judge import judge
from ymir.metrics.scores import round_metrics
from ymir.plan.decision import Decision
from ymir.report.collect.slices import KEYS, VALUES, slice_images, slice_rows
from ymir.report.record import RoundRecord
from ymir.report.shown.quality import SliceRow
from ymir.spec.project import ProjectSpec

HOSTILE = '<script>alert("x")</script> \u202e🌙'


def told(images: pl.DataFrame, tags: Callable[[int], Mapping[str, str]]) -> pl.DataFrame:
    """The same images with tags, by their place."""
    rows = images.to_dicts()
    for place, row in enumerate(rows):
        row["tags"] = [{"key": key, "value": value} for key, value in tags(place).items()]
    return table(rows)


def described(images: pl.DataFrame, say: Callable[[int, int], Mapping[str, str]]) -> pl.DataFrame:
    """The same boxes with attributes, by image and place."""
    rows = images.to_dicts()
    for place, row in enumerate(rows):
        for index, each in enumerate(row["objects"]):
            said = say(place, index).items()
            each["attributes"] = [{"key": key, "value": value} for key, value in said]
    return table(rows)


def recorded(
    folder: Path, testing: pl.DataFrame, found: pl.DataFrame, number: int = 1
) -> RoundRecord:
    into = folder / str(number)
    into.mkdir()
    scores, matches = judge(testing, found, labels=LABELS, resamples=5)
    matches.write_parquet(into / "matches.parquet")
    (into / "metrics.json").write_bytes(round_metrics.dump_json({"testing": scores}))
    return RoundRecord(number, into, Decision("continue", "the loop goes on", goal_met=False))


def project(**slices: object) -> ProjectSpec:
    return spec(LABELS, goal={"map": 0.8}, report={"slices": slices})


def found_rows(rows: Sequence[SliceRow], kind: str) -> dict[tuple[str, str], SliceRow]:
    return {(each.group, each.name): each for each in rows if each.kind == kind}


def scattered(count: int, score: float | None = None, missed: Sequence[int] = ()) -> pl.DataFrame:
    """Two boxes of different sizes per image; of those in `missed`, the first is off."""
    return dataset(
        *[
            [
                box(LABELS[0], at=(400 if each in missed else 0, 0), size=(20, 20), score=score),
                box(LABELS[1], at=(100, 100), size=(50, 50), score=score),
            ]
            for each in range(count)
        ]
    )


def test_a_declared_part_scores_as_if_it_were_all_there_is(tmp_path):
    testing = told(scattered(12), lambda place: {"light": "night" if place % 3 else "day"})
    found = scattered(12, score=0.9, missed=(1, 2, 3))
    now = recorded(tmp_path, testing, found)
    rows = slice_rows(project(night={"tags": {"light": "night"}}), testing, now, None)
    night = [place for place in range(12) if place % 3]
    alone, _ = judge(testing[night], found[night], labels=LABELS, resamples=5)
    row = found_rows(rows, "declared")["declared", "night"]
    assert rows[0] == row
    assert (row.images, row.boxes) == (8, 16)
    assert row.ap50.value == alone.map.value
    assert row.ap50.low <= row.ap50.value <= row.ap50.high
    assert row.recall == 14 / 16
    assert (row.before, row.change) == (None, None)
    assert found_rows(rows, "tag")["light", "night"].ap50 == row.ap50


def test_a_part_of_boxes_of_a_size_scores_as_that_size_does(tmp_path):
    testing, found = scattered(8), scattered(8, score=0.9, missed=(1, 2))
    now = recorded(tmp_path, testing, found)
    rows = slice_rows(project(tiny={"max_area": 1024}), testing, now, None)
    tiny, small = found_rows(rows, "declared")["declared", "tiny"], found_rows(rows, "size")
    assert tiny.ap50 == small["size", "small"].ap50
    assert tiny.ap50.value < 1
    assert small["size", "medium"].ap50.value == 1
    assert small["size", "large"].ap50 is None
    assert [(each.images, each.boxes) for each in small.values()] == [(8, 8), (8, 8), (0, 0)]


def test_boxes_of_other_values_are_neither_missed_nor_wrong_to_find(tmp_path):
    testing = described(scattered(6), lambda place, index: {"occluded": "no" if index else "yes"})
    now = recorded(tmp_path, testing, scattered(6, score=0.9, missed=range(6)))
    occluded = found_rows(slice_rows(project(), testing, now, None), "attribute")
    assert occluded["occluded", "no"].ap50.value == 1
    assert (occluded["occluded", "yes"].ap50.value, occluded["occluded", "yes"].recall) == (0, 0)
    assert occluded["occluded", "yes"].boxes == 6


def test_an_attribute_is_looked_at_on_the_images_that_have_it(tmp_path):
    testing = described(scattered(6), lambda place, index: {"pose": "sits"} if place < 2 else {})
    now = recorded(tmp_path, testing, scattered(6, score=0.9, missed=(4, 5)))
    (row,) = found_rows(slice_rows(project(), testing, now, None), "attribute").values()
    assert (row.group, row.name, row.images, row.boxes) == ("pose", "sits", 2, 4)
    assert row.ap50.value == 1


def test_each_part_is_set_beside_the_round_before(tmp_path):
    testing = told(scattered(6), lambda place: {"light": "night" if place < 2 else "day"})
    before = recorded(tmp_path, testing, scattered(6, score=0.9, missed=(0, 1)), 1)
    now = recorded(tmp_path, testing, scattered(6, score=0.9), 2)
    rows = found_rows(slice_rows(project(), testing, now, before), "tag")
    night, day = rows["light", "night"], rows["light", "day"]
    assert (night.before, night.change) == (pytest.approx(0.5), pytest.approx(0.5))
    assert (day.before, day.change) == (1, 0)


def test_a_round_of_which_no_boxes_are_recorded_is_not_compared(tmp_path):
    testing, found = scattered(4), scattered(4, score=0.9)
    before = recorded(tmp_path, testing, found, 1)
    (before.folder / "matches.parquet").unlink()
    now = recorded(tmp_path, testing, found, 2)
    rows = found_rows(slice_rows(project(), testing, now, before), "size")
    assert (rows["size", "small"].ap50.value, rows["size", "small"].before) == (1, None)


def test_what_everything_has_and_what_names_each_image_says_nothing(tmp_path):
    def tags(place: int) -> dict[str, str]:
        return {"site": "here", "file": f"{place}.jpg", "light": "night" if place % 2 else "day"}

    testing = told(scattered(60), tags)
    now = recorded(tmp_path, testing, scattered(60, score=0.9))
    groups = {group for group, _ in found_rows(slice_rows(project(), testing, now, None), "tag")}
    assert groups == {"light"}


def test_the_most_frequent_keys_and_values_are_shown(tmp_path):
    def tags(place: int) -> dict[str, str]:
        often = {f"key{number}": str(place % 2) for number in range(KEYS - 1)}
        rare = {f"rare{number}": "x" for number in range(5)} if place < 3 else {}
        return {"camera": f"camera {place % 20:02}", **often, **rare}

    testing = told(scattered(45), tags)
    now = recorded(tmp_path, testing, scattered(45, score=0.9))
    rows = found_rows(slice_rows(project(), testing, now, None), "tag")
    assert {group for group, _ in rows} == {"camera", *(f"key{n}" for n in range(KEYS - 1))}
    cameras = [name for group, name in rows if group == "camera"]
    assert len(cameras) == VALUES
    assert cameras[:5] == [f"camera {number:02}" for number in range(5)]


def test_hostile_names_are_names(tmp_path):
    testing = told(scattered(4), lambda place: {HOSTILE: HOSTILE * 20} if place else {})
    now = recorded(tmp_path, testing, scattered(4, score=0.9))
    asked = project(**{HOSTILE[:30]: {"tags": {HOSTILE: HOSTILE * 20}}})
    rows = slice_rows(asked, testing, now, None)
    assert found_rows(rows, "tag")[HOSTILE, HOSTILE * 20].images == 3
    assert found_rows(rows, "declared")["declared", HOSTILE[:30]].images == 3


def test_a_part_that_holds_nothing_has_no_figure(tmp_path):
    testing = scattered(3)
    now = recorded(tmp_path, testing, scattered(3, score=0.9))
    asked = project(never={"tags": {"no": "such"}}, huge={"min_area": 10_000_000})
    rows = found_rows(slice_rows(asked, testing, now, None), "declared")
    never, huge = rows["declared", "never"], rows["declared", "huge"]
    assert (never.images, never.boxes, never.ap50, never.recall) == (0, 0, None, None)
    assert (huge.images, huge.boxes, huge.ap50) == (3, 0, None)


def test_the_images_of_declared_parts_are_told():
    testing = told(scattered(6), lambda place: {"light": "night" if place < 2 else "day"})
    asked = project(night={"tags": {"light": "night"}}, bare={"images_without": [LABELS[0]]})
    found = slice_images(asked, testing)
    assert {name: images.to_list() for name, images in found.items()} == {
        "night": testing["image"][:2].to_list(),
        "bare": [],
    }
