"""Mining in shards: which there are, what is done of them, and that they change nothing."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stages.models import Answer, asking, finding, put_model, run
from tests.stages.test_training import Place, picture
from ymir.contracts.backend import Job
from ymir.errors import ResultError
from ymir.jobs.known import FOLDER
from ymir.media.tables import read_table
from ymir.plan.snapshot import Recipe, Version
from ymir.stages import mine, predict
from ymir.stages.kind import Work
from ymir.stages.pool import candidates, looked_at, pieces
from ymir.stages.shards import cut

SIZE = 4  # images in a shard


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A pool of ten images."""
    (tmp_path / "media/.dvc").mkdir(parents=True)
    (tmp_path / "media/.dvc/config").touch()
    place = Place(tmp_path)
    for first, name, count in ((0, "train", 3), (10, "val", 3), (20, "test", 3), (30, "pool", 10)):
        place.put(name, *(picture(first + at) for at in range(count)))
    put_model(place)
    return place


def mining(place: Place, *, shard: int = SIZE, **more: object) -> Work:
    work = asking(place.work("mine", {}), **{"use": "entropy", "topk": 3, **more})
    project = work.catalogue.projects["p"]
    work.catalogue.projects["p"] = project.model_copy(
        update={"mine": project.mine.model_copy(update={"shard": shard})}
    )
    return work


def pool(place: Place) -> list[str]:
    return sorted(read_table(place.root / "store/pool/images.parquet")["image"])


def answers(place: Place) -> Answer:
    """The model is less and less sure of the pool's images, in the order of their digests."""
    return finding({image: ("cat", 0.5 + at / 25) for at, image in enumerate(pool(place))})


def made(work: Work) -> tuple[dict[str, object], Path]:
    into = work.folder / "made"
    into.mkdir(parents=True, exist_ok=True)
    facts = mine.make(work, into)
    assert isinstance(facts, dict)
    return facts, into


def names(work: Work) -> list[str]:
    return [job.folder.name for job in mine.jobs(work)]


def test_the_pool_is_cut_by_the_order_of_digests(place: Place) -> None:
    jobs = list(mine.jobs(mining(place)))
    shards = [read_table(job.folder / "asked.parquet")["image"].to_list() for job in jobs]
    assert shards == [pool(place)[:4], pool(place)[4:8], pool(place)[8:]]
    assert [job.folder.name[: len("shard-00001")] for job in jobs] == [
        "shard-00001",
        "shard-00002",
        "shard-00003",
    ]


def test_jobs_are_laid_out_when_they_are_drawn(place: Place) -> None:
    looks = mine.jobs(mining(place))
    assert len(looks) == 3
    drawn = iter(looks)
    first = next(drawn)
    assert (first.folder / "in/env.yaml").exists()
    assert len(list(first.folder.parent.glob("shard-*"))) == 1


def test_what_is_done_is_not_asked_for_again_and_the_others_keep_their_names(place: Place) -> None:
    work = mining(place)
    before = names(work)
    looks = iter(mine.jobs(work))
    next(looks)
    second = next(looks)
    answer_one(work, second, answers(place))
    assert names(work) == [before[0], before[2]]


def answer_one(work: Work, job: Job, answer: Answer) -> None:
    (job.folder / "out").mkdir()
    answer(read_table(job.folder / "asked.parquet")["image"].to_list(), job.folder / "out")
    mine.take(work, job)


def test_a_broken_shard_keeps_nothing_and_takes_nothing_from_the_others(place: Place) -> None:
    def broken(images: list[str], out: Path) -> None:
        (out / "infer-result.json").write_text("{")

    work = mining(place)
    first, second, _ = mine.jobs(work)
    answer_one(work, first, answers(place))
    with pytest.raises(ResultError, match=r"infer-result\.json"):
        answer_one(work, second, broken)
    assert len(mine.jobs(work)) == 2


@pytest.mark.parametrize("shard", [1, 3, 10, 1000])
def test_the_size_of_a_shard_changes_nothing_of_what_is_picked(place: Place, shard: int) -> None:
    work = mining(place, shard=shard)
    assert run(mine, work, answers(place)) == -(-10 // shard)
    facts, into = made(work)
    assert read_table(into / "mined.parquet")["image"].to_list() == pool(place)[:3]
    assert (facts["candidates"], facts["left"]) == (10, 7)
    found = read_table(into / "pool.parquet")
    assert found["image"].to_list() == pool(place)
    assert found["file"].str.starts_with("pool-").all()
    assert found["objects"].list.len().to_list() == [1] * 10


def test_a_large_pool_is_sorted_on_disk(place: Place) -> None:
    work = mining(place)
    parts = [part["image"].to_list() for part in pieces(work, candidates(work), at_once=3)]
    assert parts == [pool(place)[at : at + 3] for at in range(0, 10, 3)]
    assert not list((work.folder / "sorted").iterdir())


def test_an_answer_that_is_lost_is_no_empty_one(place: Place) -> None:
    work = mining(place)
    run(mine, work, answers(place))
    next((place.root / FOLDER).glob("*/*.parquet")).unlink()
    with pytest.raises(ResultError, match="of 10 images, the answers hold"):
        made(work)


def test_another_stage_asks_only_for_what_nobody_has_asked_for(place: Place) -> None:
    assert run(mine, mining(place), answers(place)) == 3
    place.put("pool", picture(77))
    again = mining(place)
    (new,) = mine.jobs(again)
    assert new.folder.name.startswith("shard-00001-")
    assert read_table(new.folder / "asked.parquet").height == 1


def test_what_a_recorded_version_holds_is_not_asked_for_again(place: Place) -> None:
    work = mining(place)
    run(mine, work, answers(place))
    facts, into = made(work)
    archive = place.root / "store/q/r1/mine"
    archive.parent.mkdir(parents=True)
    into.rename(archive)
    for part in (place.root / FOLDER).glob("*/*.parquet"):
        part.unlink()
    work.store.versions["q/r1/mine"] = Version(Recipe("mine", {}, {}), "d", 1, facts)
    assert len(mine.jobs(work)) == 0
    assert made(work)[0]["picked"] == 3


def test_predictions_of_an_unchanged_model_are_not_made_again(place: Place) -> None:
    work = asking(place.work("predict", {}))
    trained = place.root / "store/p/r1/train/training.parquet"
    read_table(place.root / "store/train/images.parquet").write_parquet(trained)
    assert run(predict, work, finding({})) == 1
    assert run(predict, work, finding({})) == 0
    place.put("test", picture(88))
    (job,) = predict.jobs(work)
    assert read_table(job.folder / "asked.parquet").height == 1


def test_a_share_by_lot_and_a_share_without_objects_say_what_they_are(place: Place) -> None:
    work = mining(place, topk=6, control=0.34, empty=0.34)
    seen = pool(place)[:7]
    run(mine, work, finding(dict.fromkeys(seen, ("cat", 0.6))))
    facts, into = made(work)
    mined = read_table(into / "mined.parquet")
    assert facts["control"] == 2
    assert facts["empty"] in (1, 2)
    origins = dict(mined["origin"].value_counts().iter_rows())
    assert origins["control"] == 2
    empties = mined.filter(pl.col("origin") == "empty")["image"]
    assert set(empties).isdisjoint(seen)


def test_no_more_of_a_group_are_picked_than_the_project_wants(place: Place) -> None:
    for at in range(3):
        place.put("pool", picture(60 + at), camera="7")
    work = mining(place, topk=3, groups={"by": ["camera"], "most": 1})
    grouped = [each for each in pool(place) if each in camera(place)]
    run(mine, work, finding(dict.fromkeys(grouped, ("cat", 0.5))))
    facts, into = made(work)
    mined = read_table(into / "mined.parquet")["image"]
    assert len(set(mined) & camera(place)) == 1
    assert facts["capped"] == 2


def camera(place: Place) -> set[str]:
    rows = read_table(place.root / "store/pool/images.parquet")
    return set(rows.filter(pl.col("tags").list.len() > 0)["image"])


def test_copies_of_one_picture_are_labelled_once(place: Place) -> None:
    for quality in (50, 60, 70):
        place.put("pool", picture(30, quality=quality))
    work = mining(place, topk=99)
    run(mine, work, answers(place))
    facts, _ = made(work)
    assert (facts["picked"], facts["folded"]) == (10, 3)


def test_copies_may_all_be_picked_where_the_project_says_so(place: Place) -> None:
    place.put("pool", picture(30, quality=50))
    work = mining(place, topk=99, near=None)
    run(mine, work, answers(place))
    assert made(work)[0]["picked"] == 11


def rounds(place: Place, chunk: int) -> Iterator[list[str]]:
    for number in range(1, 5):
        work = mining(place, chunk=chunk)
        stage = work.stage
        named = stage.__class__(f"p/r{number}/mine", "mine", stage.inputs, stage.settings)
        moved = work.__class__(**{**vars(work), "stage": named})
        yield looked_at(moved, candidates(moved))["image"].to_list()


def test_each_round_looks_at_another_chunk_and_all_of_them_at_everything(place: Place) -> None:
    one, two, again, _ = rounds(place, 5)
    assert sorted([*one, *two]) == pool(place)
    assert again == one
    assert one
    assert two


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.sets(st.integers(0, 59)))
def test_shards_hold_each_image_once_and_none_that_is_all_done(
    count: int, size: int, done: set[int]
) -> None:
    wanted = pl.DataFrame({"image": [f"{at:03}" for at in range(count)]})
    is_missing = np.isin(np.arange(count), list(done), invert=True)
    missing = wanted.filter(pl.Series(is_missing))
    parts = cut(wanted, missing, size)
    held = [image for _, part in parts for image in part["image"]]
    assert len(held) == len(set(held))
    assert set(missing["image"]) <= set(held)
    assert all(part.join(missing, on="image", how="semi").height for _, part in parts)
    every = {name: part["image"].to_list() for name, part in cut(wanted, wanted, size)}
    assert all(every[name] == part["image"].to_list() for name, part in parts)
