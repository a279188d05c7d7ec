import json
from pathlib import Path

import polars as pl
import pytest

from tests.jobs.examples import CLASSES, A, B, images
from ymir.data.table import SCHEMA
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions


def box(**changes: object) -> dict[str, object]:
    place = {"x": 1, "y": 2, "w": 30, "h": 40}
    place.update({key: value for key, value in changes.items() if key in place})
    rest = {key: value for key, value in changes.items() if key not in place}
    return {"class_name": "cat", "score": 0.9, "box": place, **rest}


def answer(*boxes: object, key: str = "boxes") -> dict[str, object]:
    return {"detection": {f"{A}.jpg": {key: list(boxes)}, f"{B}.png": {}}}


def read(out: Path, result: object) -> pl.DataFrame:
    text = result if isinstance(result, str) else json.dumps(result)
    (out / "infer-result.json").write_text(text)
    return read_predictions(out, images(), CLASSES).images


def objects(found: pl.DataFrame) -> list[tuple[object, ...]]:
    every = found.filter(pl.col("image") == A)["objects"].to_list()[0]
    return [tuple(each[key] for key in ("label", "x", "y", "w", "h")) for each in every]


@pytest.mark.parametrize("key", ["boxes", "annotations"])
def test_both_forms_are_read(tmp_path: Path, key: str) -> None:
    found = read(tmp_path, answer(box(), key=key))
    assert found.schema == SCHEMA
    assert found["image"].to_list() == [A, B]
    assert objects(found) == [("cat", 1, 2, 30, 40)]
    assert found["objects"].list.len().to_list() == [1, 0]


def test_the_tables_own_objects_are_replaced_and_all_else_is_kept(tmp_path: Path) -> None:
    found = read(tmp_path, answer())
    assert found.drop("objects").equals(images().drop("objects"))
    assert found["objects"].list.len().sum() == 0


def test_fractions_numbers_as_text_and_odd_spelling_are_read(tmp_path: Path) -> None:
    each = box(x=1.5, w="30.25", class_name=" Cat ", score="0.5", rotate_angle=0.1)
    assert objects(read(tmp_path, answer(each))) == [("cat", 1.5, 2, 30.25, 40)]


def test_confidence_is_read_where_score_is_missing(tmp_path: Path) -> None:
    each = {key: value for key, value in box(confidence=0.4).items() if key != "score"}
    found = read(tmp_path, answer(each))
    assert found["objects"].explode().struct.field("score").drop_nulls().to_list() == [
        pytest.approx(0.4)
    ]


def test_keys_may_be_paths(tmp_path: Path) -> None:
    result = {"detection": {f"/in/assets/aa/{A}.jpg": {"boxes": [box()]}, f"assets/{B}.png": {}}}
    assert len(objects(read(tmp_path, result))) == 1


def test_the_surest_object_comes_first(tmp_path: Path) -> None:
    found = read(tmp_path, answer(box(score=0.2), box(class_name="dog", score=0.8)))
    assert [each[0] for each in objects(found)] == ["dog", "cat"]


def test_a_box_that_sticks_out_by_rounding_is_cut(tmp_path: Path) -> None:
    found = read(tmp_path, answer(box(x=-1.5, y=0, w=103, h=82)))
    assert objects(found) == [("cat", 0, 0, 100, 80)]


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be a mapping, and is a list"),
        ({}, "`detection` must be a mapping"),
        ({"detection": []}, "`detection` must be a mapping"),
        ({"detection": {f"{A}.jpg": {}}}, f"1 of 2 images have no answer, {B} for one"),
        ({"detection": {"x.jpg": {}}}, "`x.jpg` is not an image that was asked for"),
        ({"detection": {f"{A}.jpg": {}, f"a/{A}.jpg": {}}}, f"image {A} has two answers"),
        ({"detection": {f"{A}.jpg": []}}, "must be a mapping"),
        ({"detection": {f"{A}.jpg": {"boxes": {"a": 1}}}}, "must be a list"),
        (answer({"class_name": "cat", "score": 1}), "has no `box`"),
        (answer({"class_name": "cat", "box": {}}), "has no `confidence`"),
        (answer(box(box={"x": 1, "y": 1, "w": 1})), "has no `h`"),
        (answer(box(x="left")), "cannot be read"),
        (answer(box(x=None)), "cannot be read"),
        (answer("cat"), "cannot be read"),
        (answer(box(x=10**400)), "cannot be read"),
        (answer(box(score=float("nan"))), "holds NaN, which is not a number"),
        (answer(box(score=float("inf"))), "holds Infinity"),
        (answer(box(score="nan")), "a figure that is not a number"),
        (answer(box(x="1e999")), "a figure that is not a number"),
        (answer(box(score=1.2)), "a score outside 0..1: 1.2"),
        (answer(box(w=-3)), "a negative size: -3.0 x 40.0"),
        (answer(box(class_name="a\nbird")), "an unknown class: `a bird`"),
        (answer(box(class_name="x" * 5000)), "an unknown class: `xxx"),
        (answer(box(class_name="bird")), "an unknown class: `bird`"),
        (answer(box(x=50, w=60)), "outside of its 100 x 80 pixels: 50.0, 2.0, 60.0, 40.0"),
        (answer(box(y=-9), box(x=500)), "(and 1 more)"),
    ],
)
def test_a_lying_result_is_one_clear_line(tmp_path: Path, result: object, why: str) -> None:
    with pytest.raises(ResultError) as caught:
        read(tmp_path, result)
    assert why in str(caught.value)
    assert str(caught.value).startswith("infer-result.json: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) <= 400


def test_no_result_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"`infer-result.json` is missing"):
        read_predictions(tmp_path, images(), CLASSES)


def test_a_huge_result_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "infer-result.json").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(ResultError, match="10737418240 bytes are too many"):
        read_predictions(tmp_path, images(), CLASSES)
