"""What is kept of an executor's own mining, with and without predictions."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.stages.models import asking, finding, put_model, run
from tests.stages.test_training import Place, picture
from ymir.errors import ResultError
from ymir.stages import mine
from ymir.stages.kind import Work
from ymir.stages.pool import candidates


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Mining by the executor itself, among three images."""
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, name in ((0, "train"), (10, "val"), (20, "test"), (30, "pool")):
        place.put(name, *(picture(first + at) for at in range(3)))
    put_model(place)
    return asking(place.work("mine", {}), use="executor", topk=2)


def images(work: Work) -> Sequence[str]:
    return candidates(work)["image"].to_list()


def made(
    work: Work, ranking: str, found: object, *, is_finding: bool = True
) -> tuple[dict[str, object], Path]:
    """Let the executor answer, and make the stage of that."""

    def answer(images: list[str], out: Path) -> None:
        said = out.parent / "in/env.yaml"
        env = {**yaml.safe_load(said.read_text()), "run_infer": is_finding}
        said.write_text(yaml.safe_dump(env))
        (out / "result.tsv").write_text(ranking)
        if found is not None:
            (out / "infer-result.json").write_text(json.dumps(found))

    assert run(mine, work, answer) == 1
    into = work.folder / "made"
    into.mkdir()
    facts = mine.make(work, into)
    assert isinstance(facts, dict)
    return facts, into


def test_ranking_and_predictions_come_out_of_one_job(work: Work) -> None:
    a, b, c = images(work)
    cat = {"class_name": "cat", "score": 0.7, "box": {"x": 0, "y": 0, "w": 9, "h": 9}}
    found = {"detection": {f"{a}.jpg": {"boxes": [cat]}, f"{b}.jpg": {}, f"{c}.jpg": {}}}
    facts, into = made(work, f"{b}.jpg\t3\n{a}.jpg\t2\n{c}.jpg\t1\n", found)
    assert facts["found_by"]
    assert {**facts, "found_by": ""} == {"candidates": 3, "picked": 2, "left": 1, "found_by": ""}
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [b, a]
    pool = pl.read_parquet(into / "pool.parquet")
    assert dict(pool.select("image", pl.col("objects").list.len()).iter_rows()) == {
        a: 1,
        b: 0,
        c: 0,
    }


def test_an_executor_that_only_ranks_is_taken_at_its_word(work: Work) -> None:
    a, b, c = images(work)
    ranking = f"{c}.jpg\t3\n{b}.jpg\t2\n{a}.jpg\t1\n"
    facts, into = made(work, ranking, None, is_finding=False)
    assert "remarks" not in facts
    assert "found_by" not in facts
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [c, b]
    assert not (into / "pool.parquet").exists()


def test_what_was_read_leniently_is_recorded(work: Work) -> None:
    a, b, _ = images(work)
    facts, into = made(work, f"{a}.jpg\t-inf\n{b}.jpg\tnan\n", None)
    remarks = facts["remarks"]
    assert isinstance(remarks, list)
    assert sorted(str(each)[: len("1 images")] for each in remarks) == [
        "1 images",
        "1 jobs t",
        "2 scores",
    ]
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [a, b]


def test_scores_that_are_no_numbers_keep_the_files_order(work: Work) -> None:
    a, b, c = images(work)
    _, into = made(work, f"{c}.jpg\t(1, 2)\n{a}.jpg\t(3, 4)\n{b}.jpg\t(0, 0)\n", None)
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [c, a]


def test_predictions_that_cannot_be_read_are_refused(work: Work) -> None:
    a, *_ = images(work)
    with pytest.raises(ResultError, match=r"infer-result.json: must be a mapping"):
        made(work, f"{a}.jpg\t1\n", [])


@pytest.mark.parametrize("use", ["random", "entropy", "coreset"])
def test_a_pool_of_which_all_looks_like_what_is_labelled_gives_nothing(
    tmp_path: Path, use: str
) -> None:
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, name in ((0, "train"), (10, "val"), (20, "test")):
        place.put(name, *(picture(first + at) for at in range(3)))
    place.put("pool", *(picture(at, quality=60) for at in range(3)))
    put_model(place)
    known = tmp_path / "store/p/r1/training/training.parquet"
    known.parent.mkdir(parents=True)
    known.write_bytes((tmp_path / "store/train/images.parquet").read_bytes())
    work = asking(place.work("mine", {}), use=use, topk=2, near=4, groups={"by": ["camera"]})
    inputs = ("p/r1/train", "pool", "p/r1/training")
    work = replace(work, stage=replace(work.stage, inputs=inputs))
    run(mine, work, finding({}))
    into = work.folder / "made"
    into.mkdir(parents=True)
    facts = mine.make(work, into)
    assert isinstance(facts, dict)
    assert (facts["picked"], facts["left"]) == (0, 3)
