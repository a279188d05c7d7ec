"""A class is added after some rounds: what was labelled before it goes back to be completed."""

import random
import subprocess
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from tests.loop.test_relabel import digest, table
from tests.workspaces import BLOCK, CELL, COLOURS, GRID, Workspace, copied, unproven, voc_object

FOX = (3, 200, 90)  # a colour that is none of the others
NAMES = {**{colour: ("cat", "dog")[at % 2] for at, colour in enumerate(COLOURS)}, FOX: "fox"}
GOAL = {"map": 1.0, "rounds": 2}


def classes(workspace: Workspace, *names: str, more: str = "", **parts: object) -> None:
    """Write the specs of a project of these classes, with a second training set."""
    chosen = {"label": {"use": "folder"}, "mine": {"use": "entropy", "topk": 2}, **parts}
    workspace.spec(**{"goal": GOAL, **chosen})
    spec = workspace.root / "specs" / "all.yaml"
    text = spec.read_text()
    for old, new in (
        ("aliases: [hound]}]", "aliases: [hound]}, fox]"),
        ("labels: [cat, dog]", f"labels: [{', '.join(names)}]"),
        ("training: base", "training: [base, foxes]"),
    ):
        assert old in text
        text = text.replace(old, new)
    foxes = (
        "{apiVersion: ymir/v1, kind: Dataset, name: foxes, from: {format: voc, path: raw/foxes}}"
    )
    spec.write_text(f"{text}{more}---\n{foxes}\n")


def cells(image: Path) -> list[tuple[int, int, str]]:
    """What a person sees on a picture: the corner and the name of each block."""
    pixels = Image.open(image).convert("RGB")
    return [
        (x + 2, y + 2, NAMES[colour])
        for y in range(0, pixels.height, CELL)
        for x in range(0, pixels.width, CELL)
        if (colour := pixels.getpixel((x + CELL // 2, y + CELL // 2))) in NAMES
    ]


def annotate(image: Path, into: Path, names: tuple[str, ...]) -> None:
    """Draw a box around every block of the classes that people are asked for."""
    boxes = [
        voc_object(name, (x + 1, y + 1, x + BLOCK, y + BLOCK))
        for x, y, name in cells(image)
        if name in names
    ]
    size = "<size><width>64</width><height>64</height><depth>3</depth></size>"
    text = f"<annotation><filename>{image.name}</filename>{size}{''.join(boxes)}</annotation>"
    into.mkdir(parents=True, exist_ok=True)
    (into / f"{image.stem}.xml").write_text(text)


def answer(workspace: Workspace, number: int) -> None:
    """Label a batch as it asks for: no class that is not listed."""
    batch = workspace.root / "labels" / f"pets-r{number}"
    names = tuple((batch / "classes.txt").read_text().split())
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations", names)


def add_fox(workspace: Workspace, name: str, number: int, cell: int = GRID * GRID - 2) -> str:
    """Put a fox on a picture, which nobody labels; the picture's digest."""
    path = workspace.root / "raw" / name / "JPEGImages" / f"{name}-{number:03}.png"
    picture = Image.open(path)
    x, y = CELL * (cell % GRID) + 2, CELL * (cell // GRID) + 2
    picture.paste(FOX, (x, y, x + BLOCK, y + BLOCK))
    picture.save(path)
    annotation = workspace.root / "raw" / name / "Annotations" / f"{name}-{number:03}.xml"
    annotate(path, annotation.parent, ("cat", "dog"))
    return digest(path)


def labels(rows: pl.DataFrame, image: str) -> list[str]:
    (objects,) = rows.filter(pl.col("image") == image)["objects"]
    return sorted(each["label"] for each in objects)


def went_back(workspace: Workspace, number: int) -> pl.DataFrame:
    mined = table(workspace, f"rounds/pets/{number}/mined.parquet").sort("rank")
    return mined.filter(pl.col("origin").is_not_null())


@pytest.fixture
def grown(two_rounds: tuple[Workspace, list[str]], tmp_path: Path) -> tuple[Workspace, list[str]]:
    """A copy of `two_rounds`."""
    workspace, shy = two_rounds
    return copied(workspace, tmp_path / "pets"), shy


@pytest.fixture(scope="module")
def two_rounds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, list[str]]:
    """Two rounds of cats and dogs are done; three pictures of `base` show foxes, too.

    So do all of the pool. `foxes` has a picture of one, labelled, and one of none.
    """
    workspace = unproven(tmp_path_factory.mktemp("grown") / "pets")
    shy = [add_fox(workspace, "base", number) for number in (1, 3, 4)]
    for number in range(40):
        add_fox(workspace, "pool", number)
    folder = workspace.root / "raw" / "foxes"
    for number in (0, 1):
        (folder / "JPEGImages").mkdir(parents=True, exist_ok=True)
        path = folder / "JPEGImages" / f"foxes-{number:03}.png"
        picture = Image.new("RGB", (CELL * GRID, CELL * GRID), (250, 250, 250))
        for at in range(2):
            picture.paste((FOX, COLOURS[0])[at], (2 + CELL * at, 2, 2 + CELL * at + BLOCK, 14))
        picture.putpixel((0, 63), (number, 250, 250))
        picture.save(path)
        annotate(path, folder / "Annotations", ("cat", "fox") if number == 0 else ("cat",))
    classes(workspace, "cat", "dog")
    assert workspace.ymir("apply").returncode == 3
    answer(workspace, 1)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    return workspace, shy


def test_a_class_added_in_round_three_completes_what_was_labelled_before_it(grown) -> None:
    workspace, shy = grown
    old = went_back(workspace, 1)
    assert old.is_empty(), "two classes from the beginning: there is nothing to complete"
    classes(workspace, "cat", "dog", "fox", goal={"map": 1.0, "rounds": 4})
    planned = workspace.ymir("plan").stdout
    assert (
        "class fox added  (forward: holds from the next round on; up to 20 images labelled before "
        "it go back with each batch)"
    ) in planned
    assert workspace.ymir("apply").returncode == 3, "the batch of round 2 asks for cats and dogs"
    assert went_back(workspace, 2).is_empty()
    answer(workspace, 2)
    applied = workspace.ymir("apply")
    assert applied.returncode == 3, applied.stdout + applied.stderr

    first = set(table(workspace, "rounds/pets/1/mined.parquet")["image"])
    second = set(table(workspace, "rounds/pets/2/mined.parquet")["image"])
    back = went_back(workspace, 3)
    assert set(back["image"]) == {*shy, *first, *second}, "and none of `foxes`"
    origins = dict(back.select("image", "origin").iter_rows())
    assert [origins[image] for image in shy] == ["base"] * 3
    assert {origins[image] for image in first} == {"pets-r1"}
    assert {origins[image] for image in second} == {"pets-r2"}
    assert set(back["why"]) == {"may show fox: 0.9"}
    assert "takes back 7 images, 7 that may show a new class; then `base` will have a new" in (
        workspace.ymir("plan").stdout
    )
    before = table(workspace, "rounds/pets/3/again.parquet")
    assert "fox" not in {each for image in shy for each in labels(before, image)}

    answer(workspace, 3)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    learned = table(workspace, "rounds/pets/4/training.parquet")
    for image in (*shy, *first, *second):
        assert labels(learned, image).count("fox") == 1
        others = [each for each in labels(learned, image) if each != "fox"]
        assert others == labels(before, image), "what people said of the others stays"
    found = workspace.data("dataset", "diff", "base@v1", "base@v2")
    assert {what: count for what, count in found["boxes"].items() if count} == {"added": 3}
    assert not (workspace.root / "data/datasets/foxes/v2.dvc").exists()
    assert workspace.ymir("plan").stdout.endswith("nothing to do\n")


def test_few_at_a_time_each_goes_back_once_and_before_what_is_mined(grown) -> None:
    workspace, _ = grown
    goal = {"map": 1.0, "rounds": 6, "labels": 11}
    relabel = "relabel: {new_classes: 3}\n"
    classes(workspace, "cat", "dog", "fox", goal=goal, more=relabel)
    for number in (2, 3, 4):
        applied = workspace.ymir("apply")
        assert applied.returncode == 3, applied.stdout + applied.stderr
        answer(workspace, number)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    counts = [went_back(workspace, number).height for number in (2, 3, 4)]
    assert counts == [0, 3, 2], "the budget is 11: 2, 2, 5, and 2"
    sent = [image for number in (3, 4) for image in went_back(workspace, number)["image"]]
    assert len(set(sent)) == len(sent)
    assert workspace.data("status")["projects"][0]["decision"] == "label budget"


def test_killed_at_any_moment_each_image_goes_back_once_and_comes_home(grown) -> None:
    workspace, shy = grown
    classes(workspace, "cat", "dog", "fox", goal={"map": 1.0, "rounds": 4})
    assert workspace.ymir("apply").returncode == 3
    answer(workspace, 2)
    chance = random.Random(7)
    for _ in range(6):
        run = workspace.start("apply")
        try:
            run.wait(chance.uniform(0.5, 5))
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
    assert workspace.ymir("apply").returncode == 3, "whatever was begun is finished"
    back = went_back(workspace, 3)["image"]
    assert len(back) == len(set(back)) == 7
    answer(workspace, 3)
    assert workspace.ymir("apply").returncode == 4
    corrected = table(workspace, "rounds/pets/3/corrected.parquet")
    assert set(corrected["image"]) == set(shy)
    assert table(workspace, "rounds/pets/3/labelled.parquet").height == 6, "4 again, and 2 new"


def test_where_it_is_turned_off_no_job_looks_for_a_new_class(grown) -> None:
    workspace, _ = grown
    relabel = "relabel: {new_classes: 0}\n"
    classes(workspace, "cat", "dog", "fox", goal={"map": 1.0, "rounds": 4}, more=relabel)
    assert workspace.ymir("apply").returncode == 3
    answer(workspace, 2)
    assert workspace.ymir("apply").returncode == 3
    assert went_back(workspace, 3).is_empty()
    assert not list((workspace.root / ".ymir/jobs").glob("*/unseen"))
