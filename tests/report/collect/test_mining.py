"""Whether mining pays is told from what people drew on mined images and on images by lot."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.report import rounds
from ymir.data.table import table
from ymir.plan.snapshot import Recipe, Version
from ymir.report.collect.mining import mining
from ymir.report.collect.pages import collect_round
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.mining import Mining

TOPK = 40
BOX = {"label": rounds.LABELS[0], "x": 4.0, "y": 4.0, "w": 20.0, "h": 20.0}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> ProjectRecord:
    """Two rounds; their batches are written by each test."""
    folder = tmp_path_factory.mktemp("mining")
    world = rounds.world(folder / "world")
    return rounds.project(folder / "rounds", world, skills=(0.5, 0.8))


def batch(
    record: ProjectRecord, folder: Path, number: int, *, mined: int, lots: int, use: str = "hybrid"
) -> RoundRecord:
    """A batch of 40, a quarter by lot; its model misses so many boxes on an image of each."""
    now = record.round(number)
    into = folder / str(number)
    into.mkdir(parents=True)
    (into / "metrics.json").write_bytes((now.folder / "metrics.json").read_bytes())
    origins = ["control" if at % 4 == 3 else "mined" for at in range(TOPK)]
    names = [f"{number}{at:031x}" for at in range(TOPK)]
    pl.DataFrame(
        {
            "image": names,
            "score": [1.0] * TOPK,
            "why": ["a box at 0.5"] * TOPK,
            "rank": range(1, TOPK + 1),
            "origin": origins,
        }
    ).write_parquet(into / "mined.parquet")
    missed = {"mined": mined, "control": lots}
    drawn = [
        [BOX | {"x": 4.0 + 24 * k} for k in range(missed[origin] + at % 2)]
        for at, origin in enumerate(origins)
    ]
    about = [{"image": name, "file": f"{name}.png", "width": 96, "height": 96} for name in names]
    people = [row | {"objects": boxes} for row, boxes in zip(about, drawn, strict=True)]
    table(people).write_parquet(into / "labelled.parquet")
    table([*about, {"image": "f" * 32}]).write_parquet(into / "pool.parquet")
    mine = Version(Recipe("mine", {"use": use}, {}), f"m{number}")
    return replace(now, folder=into, versions={**now.versions, "mine": mine})


def told(record: ProjectRecord, *of: RoundRecord) -> Mining:
    found = mining(replace(record, rounds=of), of[-1].number)
    assert found
    return found


def test_mining_pays_where_mined_images_hold_more_mistakes(
    record: ProjectRecord, tmp_path: Path
) -> None:
    both = [batch(record, tmp_path, number, mined=3, lots=1) for number in (1, 2)]
    found = told(record, *both)
    assert found.verdict == "pays"
    assert found.so_far
    assert (found.so_far.mined.images, found.so_far.control.images) == (60, 20)
    assert [(each.number, each.strategy, each.page) for each in found.rounds] == [
        (1, "hybrid", "r1.html"),
        (2, "hybrid", "r2.html"),
    ]
    gap = found.so_far.gap
    assert 0 < gap.low < gap.value < gap.high
    assert found.says.startswith(
        "Mining pays so far: a mined image held 3.33 mistakes of the model"
    )
    assert ", one by lot 2.00 (+1.33, 95 %: +" in found.says
    assert "not mAP" in found.notes[0]


def test_the_mirror_of_it_finds_less(record: ProjectRecord, tmp_path: Path) -> None:
    found = told(record, batch(record, tmp_path, 1, mined=0, lots=3))
    assert found.verdict == "loses"
    assert found.says.startswith("Mining finds less than chance so far")
    assert "(\N{MINUS SIGN}" in found.says


def test_equal_shares_cannot_be_told_apart(record: ProjectRecord, tmp_path: Path) -> None:
    """Odd places hold one box more, and all lots are odd ones."""
    found = told(record, batch(record, tmp_path, 1, mined=1, lots=1))
    path = tmp_path / "1" / "labelled.parquet"
    flat = pl.read_parquet(path).with_columns(pl.col("objects").list.head(1))
    flat.write_parquet(path)
    found = told(record, record_at(record, tmp_path))
    assert found.verdict == "open"
    assert found.says.startswith(
        "Whether mining pays cannot be told from chance yet: a mined image"
    )


def record_at(record: ProjectRecord, folder: Path) -> RoundRecord:
    """The first round, opened anew."""
    mine = Version(Recipe("mine", {"use": "hybrid"}, {}), "m1")
    now = record.round(1)
    return replace(now, folder=folder / "1", versions={**now.versions, "mine": mine})


def test_nothing_is_said_of_a_handful(record: ProjectRecord, tmp_path: Path) -> None:
    batch(record, tmp_path, 1, mined=3, lots=0)
    path = tmp_path / "1" / "labelled.parquet"
    pl.read_parquet(path).head(16).write_parquet(path)
    found = told(record, record_at(record, tmp_path))
    assert found.verdict == "open"
    assert found.says.endswith("; nothing is said of fewer than 10 of either")


def test_batches_that_tell_nothing_are_named(record: ProjectRecord, tmp_path: Path) -> None:
    good, other = (batch(record, tmp_path, number, mined=3, lots=1) for number in (1, 2))
    (other.folder / "labelled.parquet").unlink()
    found = told(record, good, other)
    assert found.notes[1:] == ("Left out: round 2 (not back yet).",)
    (good.folder / "pool.parquet").unlink()
    lost = record_at(record, tmp_path)
    found = told(record, lost, other, replace(other, number=3))
    assert (found.verdict, found.so_far, found.rounds) == ("open", None, ())
    assert found.says.endswith("no batch has come back with mined images and images by lot")
    assert found.notes[1] == (
        "Left out: round 1 (its model was not asked what it finds); rounds 2, 3 (not back yet)."
    )


def test_what_a_model_labelled_is_no_truth(record: ProjectRecord, tmp_path: Path) -> None:
    now = batch(record, tmp_path, 1, mined=3, lots=1)
    label = Version(Recipe("label", {}, {}), "l", facts={"by_model": TOPK, "labelled": 0})
    found = told(record, replace(now, versions={**now.versions, "label": label}))
    assert found.so_far is None
    assert found.notes[1] == "Left out: round 1 (labelled by a model alone)."


def test_suggestions_tell_where_the_pool_was_not_looked_at(
    record: ProjectRecord, tmp_path: Path
) -> None:
    now = batch(record, tmp_path, 1, mined=3, lots=1, use="coreset")
    (now.folder / "pool.parquet").rename(now.folder / "suggested.parquet")
    assert told(record, now).verdict == "pays"


def test_without_lots_nothing_is_compared(record: ProjectRecord, tmp_path: Path) -> None:
    assert mining(record, 2) is None
    assert collect_round(record, 2).mining is None
    by_lot = batch(record, tmp_path, 1, mined=3, lots=1, use="random")
    assert mining(replace(record, rounds=(by_lot,)), 1) is None


def test_a_loop_with_random_picks_is_pointed_to(record: ProjectRecord, tmp_path: Path) -> None:
    now = batch(record, tmp_path, 1, mined=3, lots=1)
    assert (
        told(record, now)
        .notes[0]
        .endswith("a project of the same data tells that mines by `random`.")
    )
    other = replace(record, spec=record.spec.model_copy(update={"name": "helmet-random"}))
    beside = told(replace(record, control=other), now).notes[0]
    assert beside.endswith("that is drawn above, beside `helmet-random`, which mines by `random`.")
