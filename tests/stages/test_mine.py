"""What is kept of an executor's own mining, with and without predictions."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.stages.test_training import Place, picture
from ymir.errors import ResultError
from ymir.stages import mine
from ymir.stages.kind import Work


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Mining by the executor itself, among three images."""
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, name in ((0, "train"), (10, "val"), (20, "test"), (30, "pool")):
        place.put(name, *(picture(first + at) for at in range(3)))
    random = place.work("mine", {})
    settings = {**random.stage.settings, "use": "executor", "topk": 2}
    return replace(random, stage=replace(random.stage, settings=settings))


def answer(work: Work, *, ranking: str, found: object, is_finding: bool = True) -> list[str]:
    """Leave an executor's result; the images in the order of the pool's table."""
    (work.folder / "in").mkdir(parents=True)
    said = {"run_mining": True, "run_infer": is_finding}
    (work.folder / "in/env.yaml").write_text(yaml.safe_dump(said))
    (work.folder / "out").mkdir()
    (work.folder / "out/result.tsv").write_text(ranking)
    if found is not None:
        (work.folder / "out/infer-result.json").write_text(json.dumps(found))
    return list(mine.candidates(work)["image"])


def made(work: Work) -> tuple[dict[str, object], Path]:
    into = work.folder / "made"
    into.mkdir()
    facts = mine.make(work, into)
    assert isinstance(facts, dict)
    return facts, into


def test_ranking_and_predictions_come_out_of_one_job(work: Work) -> None:
    a, b, c = mine.candidates(work)["image"]
    cat = {"class_name": "cat", "score": 0.7, "box": {"x": 0, "y": 0, "w": 9, "h": 9}}
    found = {"detection": {f"{a}.jpg": {"boxes": [cat]}, f"{b}.jpg": {}, f"{c}.jpg": {}}}
    answer(work, ranking=f"{b}.jpg\t3\n{a}.jpg\t2\n{c}.jpg\t1\n", found=found)
    facts, into = made(work)
    assert facts == {"candidates": 3, "picked": 2, "left": 1}
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [b, a]
    pool = pl.read_parquet(into / "pool.parquet")
    assert dict(pool.select("image", pl.col("objects").list.len()).iter_rows()) == {
        a: 1,
        b: 0,
        c: 0,
    }


def test_an_executor_that_only_ranks_is_taken_at_its_word(work: Work) -> None:
    a, b, c = mine.candidates(work)["image"]
    ranking = f"{c}.jpg\t3\n{b}.jpg\t2\n{a}.jpg\t1\n"
    answer(work, ranking=ranking, found=None, is_finding=False)
    facts, into = made(work)
    assert "remarks" not in facts
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [c, b]
    assert not (into / "pool.parquet").exists()


def test_what_was_read_leniently_is_recorded(work: Work) -> None:
    a, b, _ = mine.candidates(work)["image"]
    answer(work, ranking=f"{a}.jpg\t-inf\n{b}.jpg\tnan\n", found=None)
    facts, into = made(work)
    remarks = facts["remarks"]
    assert isinstance(remarks, list)
    assert [str(each)[: len("1 images")] for each in remarks] == [
        "1 images",
        "2 scores",
        "1 jobs t",
    ]
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [a, b]


def test_scores_that_are_no_numbers_keep_the_files_order(work: Work) -> None:
    a, b, c = mine.candidates(work)["image"]
    answer(work, ranking=f"{c}.jpg\t(1, 2)\n{a}.jpg\t(3, 4)\n{b}.jpg\t(0, 0)\n", found=None)
    _, into = made(work)
    assert pl.read_parquet(into / "mined.parquet")["image"].to_list() == [c, a]


def test_predictions_that_cannot_be_read_are_refused(work: Work) -> None:
    a, *_ = mine.candidates(work)["image"]
    answer(work, ranking=f"{a}.jpg\t1\n", found=[])
    with pytest.raises(ResultError, match=r"infer-result.json: must be a mapping"):
        made(work)
