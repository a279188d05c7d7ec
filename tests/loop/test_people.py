"""A round waits for people and goes on when their files are there."""

import json
from pathlib import Path

import polars as pl
from PIL import Image

from tests.workspaces import COLOURS, Workspace, applied, unproven, voc_object

CELL, BLOCK = 16, 12


def annotate(image: Path, into: Path) -> None:
    """Do what a person would: look at the picture and draw its boxes."""
    pixels = Image.open(image).convert("RGB")
    objects = []
    for y in range(0, pixels.height, CELL):
        for x in range(0, pixels.width, CELL):
            colour = pixels.getpixel((x + CELL // 2, y + CELL // 2))
            if colour in COLOURS:
                name = ("cat", "Hound")[COLOURS.index(colour) % 2]
                corners = (x + 3, y + 3, x + 2 + BLOCK, y + 2 + BLOCK)
                objects.append(voc_object(name, corners))
    size = "<size><width>64</width><height>64</height><depth>3</depth></size>"
    text = f"<annotation><filename>{image.name}</filename>{size}{''.join(objects)}</annotation>"
    into.mkdir(exist_ok=True)
    (into / f"{image.stem}.xml").write_text(text)


def parked(tmp_path: Path) -> tuple[Workspace, Path]:
    goal = {"map": 0.99, "rounds": 2}
    workspace = applied(tmp_path / "pets", label={"use": "folder"}, goal=goal)
    assert "labels/pets-r1" in workspace.ymir("plan").stdout
    return workspace, workspace.root / "labels" / "pets-r1"


def test_a_batch_goes_out_parks_and_comes_back(tmp_path: Path) -> None:
    workspace, batch = parked(tmp_path)
    images = sorted((batch / "images").iterdir())
    assert len(images) == 6
    assert workspace.ymir("plan").returncode == 3
    for image in images[:4]:
        annotate(image, batch / "annotations")
    partly = workspace.ymir("apply")
    assert partly.returncode == 3
    assert "6 sent = 4 labelled + 2 outstanding" in partly.stdout
    for image in images[4:]:
        annotate(image, batch / "annotations")
    finished = workspace.ymir("apply")
    assert finished.returncode == 4, finished.stdout + finished.stderr
    rounds = workspace.data("status")["rounds"]["pets"]
    assert rounds[1]["labels"] == 6
    assert rounds[1]["map"] > rounds[0]["map"]


def test_a_broken_answer_names_the_file_and_loses_nothing(tmp_path: Path) -> None:
    workspace, batch = parked(tmp_path)
    images = sorted((batch / "images").iterdir())
    for image in images:
        annotate(image, batch / "annotations")
    broken = batch / "annotations" / f"{images[0].stem}.xml"
    good = broken.read_text()
    broken.write_text(good[:-20])
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert broken.name in applied.stdout
    assert broken.read_text() == good[:-20]
    broken.write_text(good)
    assert workspace.ymir("apply").returncode == 4


def test_another_clone_takes_the_labels_in(tmp_path: Path) -> None:
    workspace, batch = parked(tmp_path)
    (workspace.root / "specs" / "workspace.yaml").write_text(
        "{apiVersion: ymir/v1, kind: Workspace, remote: ../store}\n"
    )
    assert workspace.ymir("apply").returncode == 3
    assert workspace.ymir("push").returncode == 0
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")
    workspace.run("git", "add", "--all")
    workspace.run("git", "commit", "--quiet", "--message", "Labels")
    workspace.run("git", "clone", "--quiet", str(workspace.root), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")
    assert clone.ymir("pull").returncode == 0
    applied = clone.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert clone.data("status")["rounds"]["pets"][1]["labels"] == 6


def test_a_label_tool_that_does_not_answer_parks_the_round_and_never_fails_it(
    tmp_path: Path,
) -> None:
    nowhere = {"url": "http://127.0.0.1:9", "token": {"file": "token.txt"}, "patience": "1s"}
    workspace = unproven(
        tmp_path / "pets",
        label={"use": "label-studio", "with": nowhere},
        goal={"map": 0.99, "rounds": 2},
    )
    (workspace.root / "token.txt").write_text("0" * 40)
    applied = workspace.ymir("apply")
    assert applied.returncode == 3, applied.stdout + applied.stderr
    assert "‖ pets/r1/send: " in applied.stdout
    assert applied.stdout.splitlines()[-1].startswith("pets/r1/send waits: ")
    again = json.loads(workspace.ymir("apply", "--json").stdout)
    assert again["exit"] == 3
    assert "127.0.0.1:9" in again["waits"]["pets/r1/send"]
    steps = {each["stage"]: each for each in again["steps"]}
    assert steps["pets/r1/send"]["action"] == "run"
    assert "127.0.0.1:9" in steps["pets/r1/send"]["why"]
    assert workspace.ymir("plan").returncode == 2
    workspace.spec(label={"use": "existing"}, goal={"map": 0.99, "rounds": 2})
    assert workspace.ymir("apply").returncode == 4, "it goes on with another tool"


def test_of_two_answers_only_what_both_drew_counts_where_the_project_says_so(
    tmp_path: Path,
) -> None:
    workspace = unproven(
        tmp_path / "pets",
        label={"use": "folder", "review": "50 %", "choose": "agree", "cost": "0.10 EUR"},
        goal={"map": 0.99, "rounds": 2},
    )
    assert workspace.ymir("apply").returncode == 3
    batch = workspace.root / "labels" / "pets-r1"
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")
    for copy in sorted((batch / "annotations").iterdir())[6:]:
        head, _, rest = copy.read_text().partition("<object>")
        copy.write_text(f"{head}</annotation>" if rest else head)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert "3 images were labelled more than once: 0% of boxes agree" in applied.stdout
    assert "9 answers so far, 0.90 EUR" in applied.stdout
    labelled = pl.read_parquet(workspace.root / "data/rounds/pets/1/labelled.parquet")
    assert (labelled["objects"].list.len() == 0).sum() == 3
    counted = workspace.data("status")["projects"][0]["batches"][0]["balance"]
    assert (counted["sent"], counted["empty"], counted["reviewed"]) == (6, 3, 3)
