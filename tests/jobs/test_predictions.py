import json
import re
from pathlib import Path

import polars as pl
import pytest

from tests.jobs.examples import CLASSES, A, B, images
from ymir import jobs
from ymir.data.table import SCHEMA
from ymir.errors import ResultError
from ymir.jobs.predictions import read_predictions
from ymir.jobs.remarks import RULES


def box(**changes: object) -> dict[str, object]:
    place = {"x": 1, "y": 2, "w": 30, "h": 40}
    place.update({key: value for key, value in changes.items() if key in place})
    rest = {key: value for key, value in changes.items() if key not in place}
    return {"class_name": "cat", "score": 0.9, "box": place, **rest}


def answer(*boxes: object, key: str = "boxes") -> dict[str, object]:
    return {"detection": {f"{A}.jpg": {key: list(boxes)}, f"{B}.png": {}}}


def only(*boxes: object) -> dict[str, object]:
    return answer(*boxes)["detection"]  # type: ignore[return-value]


def turned(angle: float) -> dict[str, object]:
    return box(box={"x": 1, "y": 2, "w": 30, "h": 40, "rotate_angle": angle})


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


# What YMIR 2.5.0 accepts, and what it chokes on though its meaning is plain: the boxes of image A
# as (label, score, x, y, w, h), and which rules of the contract were bent how often.
KEPT = ("cat", 0.9, 1, 2, 30, 40)
HALVED = [("cat", 1, 1, 2, 30, 40), ("cat", 0.5, 1, 2, 30, 40)]


@pytest.mark.parametrize(
    ("result", "kept", "bent"),
    [
        (answer(box()), [KEPT], {}),
        (answer(box(), key="annotations"), [KEPT], {}),
        (answer(), [], {}),
        ({"detection": {}}, [], {"image-unanswered": 2}),
        ({"detection": {f"{A}.jpg": {}}}, [], {"image-unanswered": 1}),
        ({"detection": {f"{A}.jpg": {}, f"{B}.png": None}}, [], {}),
        ({"detection": {f"{A}.jpg": [box()], f"{B}.png": {}}}, [KEPT], {"answer-without-boxes": 1}),
        ({"detection": {**only(box()), "x.jpg": {}}}, [KEPT], {"image-unknown": 1}),
        ({"detection": {**only(), f"a/{A}.jpg": {"boxes": [box()]}}}, [KEPT],
         {"image-answered-twice": 1}),
        (answer(box(score=None), box()), [KEPT], {"box-without-score": 1}),
        (answer(box(score=-1)), [], {"box-without-score": 1}),
        (answer(box(score="0.9")), [KEPT], {"number-as-text": 1}),
        (answer(box(score=None, confidence=0.9)), [KEPT], {"score-called-confidence": 1}),
        (answer(box(score=9), box(score=4.5)), HALVED, {"score-above-1": 2}),
        (answer(box(score=1.8), box(score=0.9)), HALVED, {"score-above-1": 1}),
        (answer(box(score=float("nan"))), [], {"not-a-number": 1}),
        (answer(box(score="nan"), box()), [KEPT], {"not-a-number": 1, "number-as-text": 1}),
        (answer(box(w=float("inf"))), [], {"not-a-number": 1}),
        (answer(box(x="1e999")), [], {"not-a-number": 1, "number-as-text": 1}),
        (answer(box(x=1.0)), [KEPT], {}),
        (answer(box(x=1.5)), [("cat", 0.9, 1.5, 2, 30, 40)], {"fraction-in-box": 1}),
        (answer(box(x="1")), [KEPT], {"number-as-text": 1}),
        (answer(box(x=-3)), [("cat", 0.9, 0, 2, 27, 40)], {"box-clipped": 1}),
        (answer(box(x=50, w=60)), [("cat", 0.9, 50, 2, 50, 40)], {"box-clipped": 1}),
        (answer(box(x=500), box(y=-40), box(x=100)), [], {"box-outside-image": 3}),
        (answer(box(w=-3), box(h=0)), [], {"box-without-area": 2}),
        (answer(turned(0.0)), [KEPT], {}),
        (answer(turned(0.5)), [KEPT], {"box-turned": 1}),
        (answer(box(box={"x": 1, "y": 2, "w": 30, "h": 40, "z": 0})), [KEPT], {"key-unknown": 1}),
        (answer(box(extra="x")), [KEPT], {}),
        (answer(box(class_name=" CAT ")), [KEPT], {"class-respelled": 1}),
        (answer(box(class_name="bird"), box(class_name="a\nb"), box()), [KEPT],
         {"class-unknown": 2}),
        (answer(box(class_name="x" * 5000)), [], {"class-unknown": 1}),
    ],
)  # fmt: skip
def test_what_can_be_understood_is_read_and_remarked_on(
    tmp_path: Path, result: object, kept: list[tuple[object, ...]], bent: dict[str, int]
) -> None:
    (tmp_path / "infer-result.json").write_text(json.dumps(result))
    found = read_predictions(tmp_path, images(), CLASSES)
    every = found.images.filter(pl.col("image") == A)["objects"].to_list()[0]
    keys = ("label", "score", "x", "y", "w", "h")
    read = [tuple(each[key] for key in keys) for each in every]
    assert [label for label, *_ in read] == [label for label, *_ in kept]
    assert [rest for _, *rest in read] == [pytest.approx(rest) for _, *rest in kept]
    assert {each.rule: each.count for each in found.remarks} == bent
    assert all("\n" not in str(each) and len(str(each)) < 400 for each in found.remarks)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "must be a mapping, and is a list"),
        ({}, "`detection` must be a mapping"),
        ({"detection": []}, "`detection` must be a mapping"),
        ({"detection": {"x.jpg": {}}}, "`x.jpg` is not an image that was asked for, nor is any"),
        ({"detection": {f"{A}.jpg": {"boxes": {"a": 1}}}}, "must be a list"),
        ({"detection": {f"{A}.jpg": 3}}, f"the answer for {A} must be a mapping"),
        (answer({"class_name": "cat", "score": 1}), "has no `box`"),
        (answer({"box": {}, "score": 1}), "has no `class_name`"),
        (answer(box(box={"x": 1, "y": 1, "w": 1})), "has no `h`"),
        (answer(box(box=[1, 2, 3, 4])), "must be a mapping, and cannot be read: [1, 2, 3, 4]"),
        (answer(box(x="left")), "cannot be read"),
        (answer(box(x=None)), "cannot be read"),
        (answer(box(score=[1])), "cannot be read"),
        (answer("cat"), "cannot be read"),
        (answer(box(x=10**400)), "cannot be read"),
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


def test_a_remark_says_what_how_often_and_where(tmp_path: Path) -> None:
    (tmp_path / "infer-result.json").write_text(json.dumps(answer(box(x=500), box(y=99))))
    (remark,) = read_predictions(tmp_path, images(), CLASSES).remarks
    assert str(remark) == (
        "2 boxes that lie wholly outside of their image, left out; "
        f"for one: {A}: cat 0.9 at 500, 2, 30, 40 of 100x80"
    )


def test_every_rule_that_may_be_bent_is_written_down(tmp_path: Path) -> None:
    used = {
        rule
        for file in Path(jobs.__file__).parent.glob("*.py")
        for rule in re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', file.read_text())
        if file.name
        in (
            "detections.py",
            "segmentations.py",
            "predictions.py",
            "figures.py",
            "ranking.py",
            "training_result.py",
        )
    }
    assert used <= set(RULES) | {"utf-8"}


def test_a_huge_result_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "infer-result.json").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(ResultError, match="10737418240 bytes are too many"):
        read_predictions(tmp_path, images(), CLASSES)
