"""A batch says what was picked and why, and what became of it."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.report import rounds
from tests.report.collect.test_gates import SENT, back
from ymir.plan.snapshot import Recipe, Version
from ymir.report.collect.batch import batch
from ymir.report.collect.returns import returns
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.batches import Returns


@pytest.fixture
def project(tmp_path: Path) -> ProjectRecord:
    return rounds.project(tmp_path / "rounds", rounds.world(tmp_path / "world"), skills=(0.5,))


def with_stages(project: ProjectRecord, **stages: Version) -> RoundRecord:
    now = project.rounds[0]
    kept = {kind: each for kind, each in now.versions.items() if kind != "label"}
    return replace(now, versions={**kept, **stages})


def test_the_best_stands_first_with_its_file_and_its_reason(project: ProjectRecord) -> None:
    found = batch(project.spec, project.rounds[0])
    assert found
    assert [each.rank for each in found.shown] == [1, 2, 3, 4, 5, 6]
    assert found.shown[0].file == "scene-3-000.png"
    assert found.shown[0].why == "4 boxes near the threshold"
    assert (found.mined, found.strategy) == (6, "entropy")
    labelled = project.rounds[0].table("labelled")
    assert labelled is not None
    assert found.boxes == labelled["objects"].list.len().sum()


def test_before_the_labels_are_back_nobody_knows_of_boxes(project: ProjectRecord) -> None:
    (project.rounds[0].folder / "labelled.parquet").unlink()
    found = batch(project.spec, with_stages(project, send=SENT))
    assert found
    assert found.boxes is None
    assert found.returns == Returns(6, 0, 0, 0, 6, ())
    assert (found.again, found.agreement, found.people) == (None, None, None)


def test_a_round_that_has_not_mined_has_no_batch(project: ProjectRecord) -> None:
    (project.rounds[0].folder / "mined.parquet").unlink()
    assert batch(project.spec, project.rounds[0]) is None


def test_it_was_mined_as_its_recipe_says(project: ProjectRecord) -> None:
    mine = Version(Recipe("mine", {"use": "random"}, {}), "m")
    found = batch(project.spec, with_stages(project, mine=mine))
    assert found
    assert found.strategy == "random"


def test_nothing_is_sent_before_it_is_sent(project: ProjectRecord) -> None:
    assert returns(with_stages(project)) is None


def test_reasons_are_counted_by_how_often_they_were_given(project: ProjectRecord) -> None:
    by_file = {"a.jpg": "blurred", "b.jpg": "too dark", "c.jpg": "blurred"}
    label = back(sent=6, labelled=2, empty=1, rejected=3, reasons=dict(by_file))
    found = returns(with_stages(project, send=SENT, label=label))
    assert found == Returns(6, 2, 1, 3, 0, (("blurred", 2), ("too dark", 1)))
    label = back(sent=6, labelled=3, empty=0, rejected=3, reasons={"too dark": 1, "blurred": 2})
    found = returns(with_stages(project, send=SENT, label=label))
    assert found
    assert found.reasons == (("blurred", 2), ("too dark", 1))


def test_scores_that_are_no_numbers_and_files_that_nobody_knows(project: ProjectRecord) -> None:
    folder = project.rounds[0].folder
    mined = pl.read_parquet(folder / "mined.parquet")
    odd = pl.Series([float("nan"), float("inf"), None, -1.0, 0.0, 1.0])
    mined.with_columns(score=odd).write_parquet(folder / "mined.parquet")
    for name in ("pool", "labelled"):
        (folder / f"{name}.parquet").unlink()
    found = batch(project.spec, project.rounds[0])
    assert found
    assert [each.score for each in found.shown] == [0.0, 0.0, 0.0, -1.0, 0.0, 1.0]
    assert {each.file for each in found.shown} == {""}
