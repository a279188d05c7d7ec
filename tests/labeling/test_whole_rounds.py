"""Whole rounds: a batch that a model labels, and one that people answer as they like."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import yaml
from PIL import Image

from tests.workspaces import BLOCK, CELL, COLOURS, SIDE, Workspace, unproven
from ymir.data.table import tag_of
from ymir.media.tables import read_table

GOAL = {"map": 0.99, "rounds": 2}


def record(workspace: Workspace, stage: str) -> dict[str, object]:
    """What is recorded of a stage of the first round."""
    text = (workspace.root / "data" / "rounds" / "pets" / "1.dvc").read_text()
    return yaml.safe_load(text)["meta"]["ymir"]["stages"][stage]["facts"]


def table(workspace: Workspace, name: str) -> pl.DataFrame:
    return read_table(workspace.root / "data" / "rounds" / "pets" / "1" / f"{name}.parquet")


def blocks(image: Path) -> Iterator[tuple[int, int, int]]:
    """What a person sees in a picture: class, left and top of each block."""
    pixels = Image.open(image).convert("RGB")
    for x in range(0, SIDE, CELL):
        for y in range(0, SIDE, CELL):
            colour = pixels.getpixel((x + CELL // 2, y + CELL // 2))
            if colour in COLOURS:
                yield COLOURS.index(colour) % 2, x + 2, y + 2


def yolo(image: Path) -> str:
    shares = [
        (label, (x + BLOCK / 2) / SIDE, (y + BLOCK / 2) / SIDE) for label, x, y in blocks(image)
    ]
    side = BLOCK / SIDE
    return "".join(f"{label} {x} {y} {side} {side}\n" for label, x, y in shares)


def task(image: Path) -> dict[str, object]:
    percent = 100 / SIDE
    results = [
        {
            "id": f"{x}-{y}", "type": "rectanglelabels",
            "original_width": SIDE, "original_height": SIDE,
            "value": {
                "x": x * percent, "y": y * percent, "width": BLOCK * percent,
                "height": BLOCK * percent, "rectanglelabels": [("cat", "hound")[label]],
            },
        }
        for label, x, y in blocks(image)
    ]  # fmt: skip
    answer = {"id": 1, "result": results, "completed_by": {"email": "ann@example.com"}}
    return {"id": 1, "data": {"image": f"/data/upload/1/0a1b2c3d-{image.name}"},
            "annotations": [answer]}  # fmt: skip


def test_what_the_model_is_sure_of_is_learned_from_and_never_counts_as_peoples(
    tmp_path: Path,
) -> None:
    label = {"use": "model", "with": {"threshold": 0.8, "unsure": 0.3}}
    mine = {"use": "random", "topk": 20, "seed": 1}
    workspace = unproven(tmp_path / "pets", label=label, goal=GOAL, mine=mine)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    lowest = pl.col("objects").list.eval(pl.element().struct.field("score").min()).list.first()
    found = table(workspace, "suggested").with_columns(lowest=lowest)
    sure = found.filter(pl.col("lowest") >= 0.8)["image"]
    learned = table(workspace, "labelled")
    assert 0 < sure.len() < 20
    assert set(learned["image"]) == set(sure)
    assert set(tag_of(learned, "labelled_by")) == {"model"}
    counted = record(workspace, "label")
    assert counted["labelled"] == 0
    assert counted["balance"]["rejected"] == 20 - sure.len()
    whys = set(counted["balance"]["reasons"].values())
    assert whys
    assert all(why.startswith("the model is unsure: ") for why in whys)
    rounds = workspace.data("status")["rounds"]["pets"]
    assert [each["labels"] for each in rounds] == [0, 0]


def test_people_answer_in_any_way_and_every_image_is_accounted_for(tmp_path: Path) -> None:
    label = {"use": "folder", "review": "20 %"}
    workspace = unproven(tmp_path / "pets", label=label, goal=GOAL)
    assert workspace.ymir("apply").returncode == 3
    batch = workspace.root / "labels" / "pets-r1"
    images = sorted((batch / "images").iterdir())
    assert len(images) == 7, "one goes out twice"
    answers = batch / "annotations"
    (answers / "classes.txt").write_text("cat\ndog\n")
    for image in images[:3]:
        (answers / f"{image.stem}.txt").write_text(yolo(image))
    (answers / "export.json").write_text(json.dumps([task(images[3]), task(images[6])]))
    (answers / f"{images[4].stem}.xml").write_text("<annotation/>")
    (batch / "skipped.txt").write_text(f"{images[5].name} it is out of focus\n")
    finished = workspace.ymir("apply")
    assert finished.returncode == 4, finished.stdout + finished.stderr
    counted = record(workspace, "label")["balance"]
    parts = ("sent", "labelled", "empty", "skipped", "rejected", "outstanding", "reviewed")
    assert [counted[part] for part in parts] == [6, 4, 1, 1, 0, 0, 1]
    said = pl.read_parquet(workspace.root / "data/rounds/pets/1/answers.parquet")
    assert said.height == 7
    assert said["image"].n_unique() == 6
