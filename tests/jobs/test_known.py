"""What models found is remembered by what decides it, and by nothing else."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ymir.data.table import OBJECT
from ymir.jobs.known import Known, Question, known, stale
from ymir.jobs.request import Weights
from ymir.media.tables import write_table

BOX = {
    "label": "cat",
    "x": 1.0,
    "y": 2.0,
    "w": 3.0,
    "h": 4.0,
    "score": 0.5,
    "crowd": False,
    "mask": None,
    "attributes": [],
}


def images(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"image": names}, schema={"image": pl.String})


def found(**boxes: int) -> pl.DataFrame:
    rows = [{"image": image, "objects": [BOX] * count} for image, count in boxes.items()]
    return pl.DataFrame(rows, schema={"image": pl.String, "objects": pl.List(OBJECT)})


@pytest.fixture
def memory(tmp_path: Path) -> Known:
    return Known(tmp_path / ".ymir/predictions/k")


def counts(memory: Known, *names: str) -> list[tuple[str, int]]:
    rows = memory.shelf().rows(images(*names))
    return rows.select("image", pl.col("objects").list.len()).rows()


def test_an_empty_memory_misses_everything(memory: Known) -> None:
    assert memory.missing(images("b", "a"))["image"].to_list() == ["b", "a"]
    assert counts(memory, "a") == []


def test_what_is_kept_is_found_in_the_order_that_was_asked_for(memory: Known) -> None:
    memory.keep(found(a=1, c=0))
    memory.keep(found(b=2, d=3))
    assert memory.missing(images("e", "d", "a"))["image"].to_list() == ["e"]
    assert counts(memory, "d", "c", "a", "x") == [("d", 3), ("c", 0), ("a", 1)]


def test_what_is_kept_twice_is_there_once(memory: Known) -> None:
    memory.keep(found(a=1, b=1))
    memory.keep(found(a=1, b=1))
    memory.keep(found(b=1, c=1))
    assert len(list(memory.folder.iterdir())) == 2
    assert counts(memory, "a", "b", "c") == [("a", 1), ("b", 1), ("c", 1)]


def test_of_a_recorded_table_only_what_is_missing_is_taken_in(
    memory: Known, tmp_path: Path
) -> None:
    write_table(found(a=1, b=2, c=0), tmp_path / "pool.parquet")
    memory.take_in(tmp_path / "pool.parquet", images("b", "c", "z"))
    assert counts(memory, "a", "b", "c", "z") == [("b", 2), ("c", 0)]


@pytest.fixture
def question(tmp_path: Path) -> Question:
    (tmp_path / "w").write_bytes(b"weights")
    weights = Weights("best", {"model.bin": tmp_path / "w"})
    return Question(weights, "e1", ("cat", "dog"), {"threshold": 0.1})


def test_the_same_weights_elsewhere_are_the_same_question(
    question: Question, tmp_path: Path
) -> None:
    (tmp_path / "copy").write_bytes(b"weights")
    copy = replace(question, weights=Weights("best", {"model.bin": tmp_path / "copy"}))
    assert known(tmp_path, question) == known(tmp_path, copy)


@pytest.mark.parametrize(
    "change",
    [
        {"executor": "e2"},
        {"class_names": ("dog", "cat")},
        {"parameters": {"threshold": 0.2}},
        {"parameters": {}},
        {"is_ranking": True},
    ],
    ids=str,
)
def test_whatever_decides_the_answer_makes_another_question(
    question: Question, change: dict[str, object]
) -> None:
    assert question.key != replace(question, **change).key


def test_other_weights_are_another_question(question: Question, tmp_path: Path) -> None:
    before = question.key
    (tmp_path / "w").write_bytes(b"weightS")
    assert question.key != before


def test_what_a_model_found_that_no_version_has_is_stale(tmp_path: Path) -> None:
    for key, models in (("k", ["m1", "m2"]), ("l", ["m3"]), ("m", [])):
        memory = Known(tmp_path / ".ymir/predictions" / key)
        memory.keep(found(a=1))
        for model in models:
            memory.mark(model)
    names = [path.name for path in stale(tmp_path, {"m2", "other"})]
    assert names == ["l", "m"]
