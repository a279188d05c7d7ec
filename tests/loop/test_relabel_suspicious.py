"""Wrong labels of what models are judged on go out with a batch, and come back right."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.loop.test_relabel import answer, judged_boxes, raw, table
from tests.workspaces import COLOURS, Workspace, draw, unproven

SHIFT = 8  # pixels of the 12 that a block is wide


def overlook(root: ET.Element) -> None:
    root.remove(root.findall("object")[0])


def confuse(root: ET.Element) -> None:
    name = root.find("object/name")
    assert name is not None
    name.text = "dog" if name.text == "cat" else "cat"


def misplace(root: ET.Element) -> None:
    box = root.find("object/bndbox")
    assert box is not None
    step = SHIFT if int(box.findtext("xmin", "0")) < 48 else -SHIFT
    for side in ("xmin", "xmax"):
        edge = box.find(side)
        assert edge is not None
        edge.text = str(int(edge.text or 0) + step)


def plant(workspace: Workspace, name: str, number: int, wrong: Callable[[ET.Element], None]) -> str:
    """Spoil the labels of a picture; its digest."""
    path = workspace.root / "raw" / name / "Annotations" / f"{name}-{number:03}.xml"
    root = ET.fromstring(path.read_text())  # noqa: S314 - our own file
    wrong(root)
    path.write_text(ET.tostring(root, encoding="unicode"))
    return raw(workspace, name, number)


def ask(workspace: Workspace, relabel: str) -> None:
    with (workspace.root / "specs" / "all.yaml").open("a") as spec:
        spec.write(f"relabel: {relabel}\n")


@pytest.fixture
def spoiled(tmp_path: Path) -> tuple[Workspace, set[str]]:
    """A project whose model knows all there is, and four wrong labels to judge it by."""
    workspace = unproven(
        tmp_path / "pets",
        label={"use": "folder"},
        goal={"map": 0.999, "rounds": 3},
        mine={"use": "entropy", "topk": 2},
    )
    draw(workspace.root / "raw" / "base", count=60, colours=COLOURS, seed=1)
    draw(workspace.root / "raw" / "val", count=30, colours=COLOURS, seed=2)
    planted = {
        plant(workspace, "test", 1, overlook),
        plant(workspace, "test", 2, confuse),
        plant(workspace, "test", 4, misplace),
        plant(workspace, "val", 3, confuse),
    }
    return workspace, planted


def test_planted_mistakes_go_out_come_back_right_and_are_judged_by(spoiled) -> None:
    workspace, planted = spoiled
    ask(workspace, "{suspicious: 10}")
    planned = workspace.ymir("plan").stdout
    assert "pets: up to 10 images with suspicious labels go back with the batch of round 1" in (
        planned
    )
    applied = workspace.ymir("apply")
    assert applied.returncode == 3, applied.stdout + applied.stderr
    assert "✓ pets/r1/mine: 2 of 40 images, after 4 to be labelled again" in applied.stdout
    mined = table(workspace, "rounds/pets/1/mined.parquet").sort("rank")
    assert set(mined["image"].head(4)) == planted
    assert sorted(mined["origin"].head(4)) == ["test", "test", "test", "val"]
    assert all(why.startswith("suspicious label: ") for why in mined["why"].head(4))
    assert mined["origin"].tail(2).to_list() == [None, None]
    assert (
        "the batch of round 1 takes back 4 images, 4 with suspicious labels; then `test` and `val` "
        "will have a new version"
    ) in workspace.ymir("plan").stdout

    sealed, trained = judged_boxes(workspace), table(workspace, "rounds/pets/1/training.parquet")
    batch = workspace.root / "labels" / "pets-r1"
    before = {path.name.partition("-")[2] for path in (batch / "before").iterdir()}
    assert {"test-002.xml", "test-004.xml", "val-003.xml"} <= before, "people see what there is"
    answer(batch)
    applied = workspace.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "goal met" in applied.stdout, "the model was right all along"
    assert judged_boxes(workspace) == sealed + 1
    changes = {"added": 2, "removed": 1, "relabelled": 1}  # it was too far off to be moved
    for name, wanted in (("test", changes), ("val", {"relabelled": 1})):
        found = workspace.data("dataset", "diff", f"{name}@v1", f"{name}@v2")
        assert {what: count for what, count in found["boxes"].items() if count} == wanted
    said = workspace.ymir("dataset", "diff", "test@v1", "test@v2").stdout
    assert "test-001.png: +" in said
    assert table(workspace, "rounds/pets/1/training.parquet").equals(trained)
    assert workspace.ymir("plan").stdout.endswith("nothing to do\n")


def test_what_people_left_as_it_is_is_not_asked_again_and_the_budget_holds(spoiled) -> None:
    workspace, planted = spoiled
    workspace.spec(
        label={"use": "existing"},
        goal={"map": 0.999, "rounds": 9, "labels": 6},
        mine={"use": "entropy", "topk": 2},
    )
    ask(workspace, "{suspicious: 3}")
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    first, second = (table(workspace, f"rounds/pets/{n}/mined.parquet") for n in (1, 2))
    assert set(first.filter(first["origin"].is_not_null())["image"]) < planted
    assert (first.height, second.height) == (5, 1), "six labels, and no more"
    again = set(second.drop_nulls("origin")["image"])
    assert again == planted - set(first["image"])
    assert not list((workspace.root / "data/datasets").glob("*/v2.dvc")), "nothing is different"


def test_a_round_without_a_wish_looks_for_nothing(spoiled) -> None:
    workspace, _ = spoiled
    assert workspace.ymir("apply").returncode == 3
    mined = table(workspace, "rounds/pets/1/mined.parquet")
    assert mined["origin"].null_count() == mined.height == 2
    assert not (workspace.root / "data/rounds/pets/1/again.parquet").exists()
