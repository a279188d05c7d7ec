"""Images that people picked go out again with the next batch, and their corrections hold."""

import hashlib
import json
import random
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from tests.loop.test_people import annotate
from tests.workspaces import Workspace, copied, unproven


def digest(image: Path) -> str:
    return hashlib.md5(image.read_bytes(), usedforsecurity=False).hexdigest()


def raw(workspace: Workspace, name: str, number: int) -> str:
    """The digest of a picture of one of the datasets."""
    return digest(workspace.root / "raw" / name / "JPEGImages" / f"{name}-{number:03}.png")


def pick(workspace: Workspace, *images: str) -> None:
    (workspace.root / "picked.txt").write_text("".join(f"{each}\n" for each in images))


def ask(workspace: Workspace, more: str = "") -> None:
    spec = workspace.root / "specs" / "all.yaml"
    text = spec.read_text().partition("relabel:")[0]
    spec.write_text(f"{text}relabel: {{images: picked.txt}}\n{more}")


def table(workspace: Workspace, path: str) -> pl.DataFrame:
    return pl.read_parquet(workspace.root / "data" / path)


def judged_boxes(workspace: Workspace) -> int:
    """How many boxes the first round's model was to find."""
    metrics = workspace.root / "data/rounds/pets/1/metrics.json"
    return json.loads(metrics.read_text())["testing"]["boxes"]


def spoil(workspace: Workspace, name: str, number: int) -> None:
    """Take the first object out of an annotation, as somebody who overlooked it."""
    path = workspace.root / "raw" / name / "Annotations" / f"{name}-{number:03}.xml"
    root = ET.fromstring(path.read_text())  # noqa: S314 - our own file
    root.remove(root.findall("object")[0])
    path.write_text(ET.tostring(root, encoding="unicode"))


@pytest.fixture
def sent(asked: Workspace, tmp_path: Path) -> tuple[Workspace, Path]:
    """A copy of `asked`, and its batch."""
    workspace = copied(asked, tmp_path / "pets")
    return workspace, workspace.root / "labels" / "pets-r1"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A batch of two mined images, with one of each dataset ahead of them, that waits for people.

    The labels of `test-001` and `base-001` lack a box.
    """
    goal = {"map": 0.99, "rounds": 2}
    mine = {"use": "entropy", "topk": 2}
    root = tmp_path_factory.mktemp("asked") / "pets"
    workspace = unproven(root, label={"use": "folder"}, goal=goal, mine=mine)
    spoil(workspace, "test", 1)
    spoil(workspace, "base", 1)
    listed = [raw(workspace, name, 1) for name in ("test", "val", "base", "pool")]
    pick(workspace, "# the worst of them", *listed)
    ask(workspace)
    planned = workspace.ymir("plan").stdout
    assert "pets: 4 images of `picked.txt` go back with the batch of round 1" in planned
    applied = workspace.ymir("apply")
    assert applied.returncode == 3, applied.stdout + applied.stderr
    assert "✓ pets/r1/mine: 2 of 39 images, after 4 to be labelled again" in applied.stdout
    return workspace


def answer(batch: Path) -> None:
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")


def test_listed_images_go_out_first_with_the_labels_that_they_have(sent) -> None:
    workspace, batch = sent
    mined = table(workspace, "rounds/pets/1/mined.parquet").sort("rank")
    assert mined["origin"].to_list() == ["test", "val", "base", "pool", None, None]
    assert mined["why"][0] == "listed in picked.txt"
    images = [digest(path) for path in sorted((batch / "images").iterdir())]
    assert images == mined["image"].to_list()
    before = {path.name for path in (batch / "before").iterdir()}
    assert before == {"2-val-001.xml", "3-base-001.xml"}, "the first has no label any more"
    said = workspace.ymir("plan")
    assert said.returncode == 3
    assert (
        "the batch of round 1 takes back 4 images; then `base`, `test` and `val` will have a new "
        "version"
    ) in said.stdout


def test_corrections_make_new_versions_and_are_judged_and_learned_from(sent) -> None:
    workspace, batch = sent
    sealed = judged_boxes(workspace)
    trained = table(workspace, "rounds/pets/1/training.parquet")
    answer(batch)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert workspace.ymir("plan").stdout.endswith("nothing to do\n")

    for name in ("test", "base"):
        changed = workspace.data("dataset", "diff", f"{name}@v1", f"{name}@v2")
        assert changed["boxes"] | {"added": 0} == dict.fromkeys(changed["boxes"], 0)
        assert changed["boxes"]["added"] == 1
        assert [each["file"] for each in changed["changes"]] == [f"JPEGImages/{name}-001.png"]
    assert not (workspace.root / "data/datasets/val/v2.dvc").exists(), "its labels were right"

    rounds = workspace.data("status")["rounds"]["pets"]
    assert judged_boxes(workspace) == sealed + 1, "the sealed model is judged anew"
    trainings = [e["stage"] for e in workspace.events() if e["event"] == "recorded"]
    assert trainings.count("pets/r1/train") == 1
    assert trainings.count("pets/r1/judge") == 2
    assert table(workspace, "rounds/pets/1/training.parquet").equals(trained)
    assert rounds[1]["labels"] == 6, "what people looked at again is paid for, too"

    learned = table(workspace, "rounds/pets/2/training.parquet")
    apart = {
        raw(workspace, name, n) for name, count in (("test", 30), ("val", 6)) for n in range(count)
    }
    assert apart.isdisjoint(learned["image"])
    fresh = learned.filter(pl.col("image") == raw(workspace, "base", 1))["objects"].list.len()
    stale = trained.filter(pl.col("image") == raw(workspace, "base", 1))["objects"].list.len()
    assert fresh.item() == stale.item() + 1
    assert raw(workspace, "pool", 1) in learned["image"]


def test_what_was_answered_is_not_sent_again_and_a_new_line_is(sent) -> None:
    workspace, batch = sent
    answer(batch)
    workspace.spec(
        label={"use": "folder"}, goal={"map": 0.99, "rounds": 3}, mine={"use": "entropy", "topk": 2}
    )
    ask(workspace)
    applied = workspace.ymir("apply")
    assert applied.returncode == 3, applied.stdout + applied.stderr
    assert table(workspace, "rounds/pets/2/mined.parquet")["origin"].null_count() == 2
    answer(workspace.root / "labels" / "pets-r2")
    earlier = table(workspace, "rounds/pets/1/mined.parquet").filter(pl.col("origin").is_null())
    pick(workspace, *earlier["image"], raw(workspace, "test", 1), raw(workspace, "val", 2))
    workspace.spec(
        label={"use": "folder"}, goal={"map": 0.99, "rounds": 4}, mine={"use": "entropy", "topk": 2}
    )
    ask(workspace)
    assert workspace.ymir("apply").returncode == 3
    mined = table(workspace, "rounds/pets/3/mined.parquet").sort("rank")
    assert mined["origin"].to_list() == ["pets-r1", "pets-r1", "val", None, None]
    wrong = workspace.root / "labels" / "pets-r3"
    answer(wrong)
    for path in sorted((wrong / "annotations").iterdir())[:1]:  # people change their mind
        path.write_text(path.read_text().partition("<object>")[0] + "</annotation>")
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    learned = table(workspace, "rounds/pets/4/training.parquet")
    first = learned.filter(pl.col("image") == mined["image"][0])
    assert first["objects"].list.len().item() == 0, "the newest answer holds"


def test_an_edit_of_the_list_changes_nothing_of_a_batch_that_is_out(sent) -> None:
    workspace, batch = sent
    before = sorted(path.name for path in batch.rglob("*"))
    pick(workspace, raw(workspace, "val", 3))
    assert workspace.ymir("apply").returncode == 3
    assert sorted(path.name for path in batch.rglob("*")) == before
    answer(batch)
    assert workspace.ymir("apply").returncode == 4
    assert "1 image of `picked.txt` is not sent back: the loop has stopped" in (
        workspace.ymir("plan").stdout
    )


def test_a_clone_without_sources_takes_corrections_in(sent, tmp_path: Path) -> None:
    workspace, batch = sent
    (workspace.root / "specs" / "workspace.yaml").write_text(
        "{apiVersion: ymir/v1, kind: Workspace, remote: ../store}\n"
    )
    assert workspace.ymir("apply").returncode == 3
    assert workspace.ymir("push").returncode == 0
    answer(batch)
    workspace.run("git", "add", "--all")
    workspace.run("git", "commit", "--quiet", "--message", "Labels")
    workspace.run("git", "clone", "--quiet", str(workspace.root), str(tmp_path / "clone"))
    clone = Workspace(tmp_path / "clone")
    assert clone.ymir("pull").returncode == 0
    assert not (clone.root / "raw").exists()
    applied = clone.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    found = clone.data("dataset", "diff", "test@v1", "test@v2")
    assert found["boxes"]["added"] == 1
    account = "import.json"
    one, two = (clone.root / "data/datasets/test" / v / account for v in ("v1", "v2"))
    assert json.loads(two.read_text()) == json.loads(one.read_text())
    assert clone.ymir("plan").stdout.endswith("nothing to do\n")


def test_an_unknown_digest_is_named_when_the_batch_is_made(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", goal={"map": 0.99, "rounds": 2})
    pick(workspace, raw(workspace, "test", 0), "0" * 32)
    ask(workspace)
    assert workspace.ymir("validate").returncode == 0
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert (
        f"1 images that `picked.txt` names are in no dataset and no batch of `pets`: `{'0' * 32}`"
        in (applied.stdout)
    )
    pick(workspace, raw(workspace, "test", 0))
    assert workspace.ymir("apply").returncode == 4


def test_labels_that_exist_come_back_as_they_are_and_count_in_the_budget(tmp_path: Path) -> None:
    goal = {"map": 0.99, "rounds": 4, "labels": 5}
    workspace = unproven(tmp_path / "pets", goal=goal, mine={"use": "entropy", "topk": 4})
    pick(workspace, *(raw(workspace, "test", n) for n in range(3)), raw(workspace, "base", 0))
    ask(workspace)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    mined = table(workspace, "rounds/pets/1/mined.parquet").sort("rank")
    assert mined["origin"].to_list() == ["test", "test", "test", "base", None]
    assert workspace.data("status")["projects"][0]["decision"] == "label budget"
    assert not list((workspace.root / "data/datasets").glob("*/v2.dvc")), "nothing is different"


def test_a_list_longer_than_the_budget_is_taken_as_far_as_it_reaches(tmp_path: Path) -> None:
    goal = {"map": 0.99, "rounds": 4, "labels": 2}
    workspace = unproven(tmp_path / "pets", goal=goal, mine={"use": "entropy", "topk": 4})
    pick(workspace, *(raw(workspace, "test", n) for n in range(3)))
    ask(workspace)
    assert workspace.ymir("apply").returncode == 4
    mined = table(workspace, "rounds/pets/1/mined.parquet")
    assert mined["image"].to_list() == [raw(workspace, "test", n) for n in range(2)]


def test_when_the_goal_is_met_nothing_is_sent_and_the_plan_says_so(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", goal={"map": 0.1, "rounds": 2})
    pick(workspace, raw(workspace, "test", 0), raw(workspace, "test", 1))
    ask(workspace)
    assert workspace.ymir("apply").returncode == 0
    said = workspace.ymir("plan")
    assert said.returncode == 0
    assert "2 images of `picked.txt` are not sent back: the loop has stopped" in said.stdout


def test_killed_at_any_moment_nothing_that_people_corrected_is_lost_or_doubled(sent) -> None:
    workspace, batch = sent
    answer(batch)
    chance = random.Random(5)
    for _ in range(8):
        run = workspace.start("apply")
        try:
            run.wait(chance.uniform(0.5, 4))
            break
        except subprocess.TimeoutExpired:
            run.kill()
            run.wait()
    finished = workspace.ymir("apply")
    assert finished.returncode == 4, finished.stdout + finished.stderr
    for name in ("test", "base"):
        found = workspace.data("dataset", "diff", f"{name}@v1", f"{name}@v2")
        assert found["boxes"]["added"] == 1
        assert not (workspace.root / f"data/datasets/{name}/v3.dvc").exists()
    assert table(workspace, "rounds/pets/1/labelled.parquet").height == 3
    assert table(workspace, "rounds/pets/1/corrected.parquet").height == 3
    assert workspace.run("dvc", "status").strip() == "Data and pipelines are up to date."
    assert workspace.ymir("plan").stdout.endswith("nothing to do\n")
