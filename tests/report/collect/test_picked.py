"""A batch says of each image how it was picked, and of each way what people drew."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.report import rounds
from tests.report.collect.test_batch import with_stages
from ymir.plan.snapshot import Recipe, Version
from ymir.report.collect.batch import batch
from ymir.report.collect.picked import picked, went_back
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.batches import Batch, Part

ORIGINS = ("control", "site-test", "mined", "control", "empty", "mined")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> rounds.World:
    return rounds.world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def project(world: rounds.World, tmp_path: Path) -> ProjectRecord:
    return rounds.project(tmp_path / "rounds", world, skills=(0.5,))


def with_origins(project: ProjectRecord, *, again: int | None) -> RoundRecord:
    """The first round, its six images picked in these ways; its record says how many went back."""
    path = project.rounds[0].folder / "mined.parquet"
    pl.read_parquet(path).with_columns(origin=pl.Series(ORIGINS)).write_parquet(path)
    facts = {} if again is None else {"relabel": again}
    return with_stages(project, mine=Version(Recipe("mine", {}, {}), "m", facts=facts))


def kinds(now: RoundRecord) -> list[str]:
    found = picked(now)
    assert found is not None
    return found["kind"].to_list()


def found_of(project: ProjectRecord, now: RoundRecord) -> Batch:
    found = batch(project.spec, now)
    assert found
    return found


def test_a_dataset_may_be_called_as_a_way_to_pick(project: ProjectRecord) -> None:
    now = with_origins(project, again=2)
    assert kinds(now) == ["again", "again", "mined", "control", "empty", "mined"]
    shown = found_of(project, now).shown
    assert [each.origin for each in shown] == ["control", "site-test", None, None, None, None]
    assert went_back(now).to_list() == [each.image for each in shown[:2]]


def test_a_record_that_does_not_count_what_went_back_is_read_by_its_words(
    project: ProjectRecord,
) -> None:
    now = with_origins(project, again=None)
    assert kinds(now) == ["control", "again", "mined", "control", "empty", "mined"]


def test_a_table_older_than_origins_was_mined(project: ProjectRecord) -> None:
    assert set(kinds(project.rounds[0])) == {"mined"}


def test_each_way_says_what_people_drew(project: ProjectRecord) -> None:
    now = with_origins(project, again=2)
    found = found_of(project, now)
    assert [(each.name, each.images) for each in found.parts] == [
        ("mined", 2),
        ("by lot", 1),
        ("nothing found", 1),
        ("again", 2),
    ]
    assert sum(each.boxes or 0 for each in found.parts) == found.boxes
    home = now.table("labelled")
    assert home is not None
    drawn = home["objects"].to_list()
    for part, places in zip(found.parts, ((2, 5), (3,), (4,), (0, 1)), strict=True):
        labels = [each["label"] for place in places for each in drawn[place]]
        assert part.answered == len(places)
        assert part.per_class == tuple((name, labels.count(name)) for name in rounds.LABELS)


def test_images_that_did_not_come_back_are_not_counted_as_empty(project: ProjectRecord) -> None:
    now = project.rounds[0]
    home = pl.read_parquet(now.folder / "labelled.parquet")
    home.head(4).write_parquet(now.folder / "labelled.parquet")
    (part,) = found_of(project, now).parts
    assert (part.images, part.answered) == (6, 4)
    (now.folder / "labelled.parquet").unlink()
    assert found_of(project, now).parts == (Part("mined", 6),)


def test_only_the_rows_of_the_batch_are_taken_from_the_pool(project: ProjectRecord) -> None:
    now = replace(project.rounds[0])
    mined = now.table("mined")
    assert mined is not None
    some = now.some("pool", [*mined["image"][:2], "f" * 32])
    assert some is not None
    assert set(some["image"]) == set(mined["image"][:2])
    assert some.schema == now.table("pool").schema  # type: ignore[union-attr]  # it is there
    assert now.some("nothing", mined["image"].to_list()) is None
    assert now.some("pool", []) is None
