"""What the laws brought to light, each as the story that broke one."""

import hashlib
from pathlib import Path

import polars as pl

from tests.laws.test_planner import Obeyed
from tests.loop.test_people import annotate, parked
from tests.workspaces import applied


def test_a_batch_is_taken_in_whatever_becomes_of_the_pool(tmp_path: Path) -> None:
    workspace, batch = parked(tmp_path)
    images = sorted((batch / "images").iterdir())
    for image in images:
        annotate(image, batch / "annotations")
    pool = workspace.root / "raw" / "pool"
    files = {digest(each): each for each in (pool / "JPEGImages").iterdir()}
    gone, renamed = (files[digest(image)] for image in images[:2])
    gone.unlink()
    (pool / "Annotations" / f"{gone.stem}.xml").unlink()
    renamed.rename(renamed.with_stem("another-name"))
    (pool / "Annotations" / f"{renamed.stem}.xml").unlink()
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert "6 sent = 6 labelled + 0 outstanding" in applied.stdout
    taken = pl.read_parquet(workspace.root / "data/rounds/pets/1/labelled.parquet")
    assert set(taken["image"]) == {digest(image) for image in images}


def test_no_model_is_judged_on_what_the_weights_it_began_with_have_seen(tmp_path: Path) -> None:
    parts = {"goal": {"map": 0.99, "rounds": 2}, "label": {"use": "folder"}}
    warm = {"train": {"executor": "blocks", "start_from": "previous"}, **parts}
    workspace = applied(tmp_path / "pets", **warm)
    raw = workspace.root / "raw"
    (raw / "base/JPEGImages/base-000.png").rename(tmp_path / "seen.png")
    (raw / "base/Annotations/base-000.xml").rename(tmp_path / "seen.xml")
    batch = workspace.root / "labels" / "pets-r1"
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")
    assert workspace.ymir("apply").returncode == 4
    training = pl.read_parquet(workspace.root / "data/rounds/pets/2/training.parquet")
    assert digest(tmp_path / "seen.png") not in set(training["image"])

    (tmp_path / "seen.png").rename(raw / "test/JPEGImages/seen.png")
    (tmp_path / "seen.xml").rename(raw / "test/Annotations/seen.xml")
    judged = workspace.ymir("apply")
    assert judged.returncode == 4
    refused = [line for line in judged.stdout.splitlines() if "`pets/r1/train` learned" in line]
    assert [line.split(":")[0] for line in refused] == ["✗ pets/r1/predict", "✗ pets/r2/predict"]


def digest(image: Path) -> str:
    return hashlib.md5(image.read_bytes(), usedforsecurity=False).hexdigest()


def test_answers_that_come_late_are_taken_in_and_nothing_more_is_handed_out() -> None:
    """Budgets are of what goes out: what people did is kept, also beyond `goal.labels`."""
    story = Obeyed()
    story.wishes.begin("p")
    for place, value in (
        ("goal.map", 0.99),
        ("goal.rounds", 6),
        ("goal.labels", 5),
        ("label.use", "folder"),
    ):
        story.wishes.edit("p", place, value)
    story.wishes.edit("p", "mine.topk", 4)
    story.run("run")
    story.run("half")  # 2 of 4 come back; then 3 are handed out, for 5 are paid
    first, second = story.life.tool.values()
    assert (len(first.images), len(second.images)) == (4, 3)
    first.answers |= {image: ["cat"] for image in first.images}
    story.life.pulled = {"p/r1/label": first.digest}
    story.apply()
    story.life.pulled = {}
    story.run("all")
    learned = [story.life.content(f"p/r{n}/label")["learned"] for n in (1, 2)]
    assert [len(each) for each in learned] == [4, 2], "one of the second batch was skipped"
    assert len(story.life.tool) == 2, "another batch goes out"


def test_a_batch_whose_time_is_up_is_taken_in_as_it_is() -> None:
    story = Obeyed()
    story.wishes.begin("p")
    for place, value in (
        ("goal.map", 0.99),
        ("goal.rounds", 6),
        ("label.use", "folder"),
        ("mine.topk", 4),
        ("label.waits", {"deadline": "1h", "on_partial": "proceed"}),
    ):
        story.wishes.edit("p", place, value)
    story.run("run")
    (batch,) = story.life.tool.values()
    batch.answers[batch.images[0]] = ["cat"]
    story.time_passes(0.1, then="run")
    assert "p/r1/label" not in story.life.versions
    story.time_passes(2.0, then="run")
    assert story.life.content("p/r1/label")["released"] == batch.images[1:]
