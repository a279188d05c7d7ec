"""A project goes back to an earlier round, goes another way, and comes forward again."""

import json
import shutil
from pathlib import Path

import pytest

from tests.loop.test_people import annotate
from tests.workspaces import Workspace, applied, copied

GOAL = {"map": 0.99, "rounds": 2}
LABEL = {"use": "folder"}
LONGER = {"map": 0.99, "rounds": 3}
FEWER = {"use": "entropy", "topk": 2}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Workspace:
    """Three rounds are judged; people labelled after the first and after the second."""
    workspace = applied(tmp_path_factory.mktemp("rolled") / "pets", label=LABEL, goal=GOAL)
    workspace.spec(label=LABEL, goal=LONGER, mine=FEWER)
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Three rounds")
    for number, code in ((1, 3), (2, 4)):
        label(workspace, number)
        done = workspace.ymir("apply")
        assert done.returncode == code, done.stdout + done.stderr
    return workspace


def test_there_and_back_again(finished, tmp_path) -> None:
    workspace = copied(finished, tmp_path / "pets")
    before = records(workspace)
    gone = workspace.ymir("rollback", "pets", "--to", "1", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert "- round 2: mAP" in gone.stdout
    assert "2 images that people labelled are set aside" in gone.stdout
    assert "`ymir rollback pets --to 3` brings them back" in gone.stdout
    assert "send them to people again" in gone.stdout
    said = workspace.run("git", "log", "-1", "--format=%s|%(trailers:key=Ymir-Stage,valueonly)")
    assert said.strip() == "pets: rolled back to round 1|rollback"
    assert records(workspace) == {"1.dvc": before["1.dvc"]}
    assert not (workspace.root / "data/rounds/pets/3").exists()
    assert workspace.run("git", "status", "--porcelain", "--untracked-files=no") == ""
    assert len(workspace.data("status")["rounds"]["pets"]) == 1
    assert figures(workspace)["round"] == 1
    assert (workspace.root / "reports/pets/html/index.html").exists()
    assert "pets/r3" in workspace.run("git", "tag")

    removed = json.loads(workspace.ymir("gc", "--yes", "--grace", "0", "--json").stdout)
    assert removed["removed"]

    shutil.move(workspace.root / "labels/pets-r2", workspace.root / "labels/earlier")
    workspace.spec(label=LABEL, goal=LONGER, mine={"use": "entropy", "topk": 4})
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Bigger batches")
    assert "pets/r2/train" in workspace.ymir("plan").stdout
    other = workspace.ymir("apply")
    assert other.returncode == 3, other.stdout + other.stderr
    assert records(workspace)["2.dvc"] != before["2.dvc"]
    assert "pets-r2" in other.stdout

    looked = workspace.data("rollback", "pets", "--to", "3")
    assert (looked["done"], looked["from"], looked["batches_in_hand"]) == (False, 2, ["pets-r2"])
    assert [each["round"] for each in looked["brought_back"]] == [2, 3]
    done = workspace.data("rollback", "pets", "--to", "3", "--yes")
    assert done["commit"] == workspace.run("git", "rev-parse", "HEAD").strip()
    assert records(workspace) == before
    assert figures(workspace)["round"] == 3
    assert workspace.run("git", "log", "-1", "--format=%s") == "pets: came back to round 3\n"
    checked = workspace.ymir("fsck")
    assert checked.returncode == 0, checked.stdout
    assert (workspace.root / "data/rounds/pets/2/labelled.parquet").exists()
    again = workspace.ymir("apply")
    assert again.returncode == 4, again.stdout + again.stderr
    assert {name: records(workspace)[name] for name in before} == before


def test_what_cannot_be_is_refused_and_changes_nothing(finished, tmp_path) -> None:
    workspace = copied(finished, tmp_path / "pets")
    before = records(workspace)
    head = workspace.run("git", "rev-parse", "HEAD")
    for words, why in {
        ("pets", "--to", "7", "--yes"): "its rounds are 1, 2, 3",
        ("pets", "--to", "0", "--yes"): "greater than or equal to 1",
        ("birds", "--to", "1", "--yes"): "no project is called `birds`",
        ("../pets", "--to", "1", "--yes"): "no project is called `../pets`",
        ("pets", "--to", "1"): "nobody is here to be asked",
    }.items():
        refused = workspace.ymir("rollback", *words)
        assert refused.returncode == 1, words
        assert why in refused.stderr, refused.stderr
    pointer = workspace.root / "data/rounds/pets/3.dvc"
    pointer.write_text(pointer.read_text() + "# edited by hand\n")
    refused = workspace.ymir("rollback", "pets", "--to", "2", "--yes")
    assert "`data/rounds/pets/3.dvc` is in no commit" in refused.stderr
    workspace.run("git", "checkout", "--quiet", "--", str(pointer))
    assert workspace.data("rollback", "pets", "--to", "1")["done"] is False
    same = workspace.ymir("rollback", "pets", "--to", "3")
    assert (same.returncode, same.stdout) == (0, "pets ends with round 3 already\n")
    protected = workspace.root / "specs" / "all.yaml"
    protected.write_text(protected.read_text() + "\nprotect: true\n")
    assert "is protected" in workspace.ymir("rollback", "pets", "--to", "2", "--yes").stderr
    assert records(workspace) == before
    assert workspace.run("git", "rev-parse", "HEAD") == head


def test_a_batch_that_people_have_is_told(finished, tmp_path) -> None:
    workspace = copied(finished, tmp_path / "pets")
    workspace.spec(label=LABEL, goal={"map": 0.99, "rounds": 4}, mine=FEWER)
    assert workspace.ymir("apply").returncode == 3
    told = workspace.ymir("rollback", "pets", "--to", "2", "--yes").stdout
    assert "people have pets-r3 in hand" in told
    assert "`ymir labels cancel pets-r3`" in told
    assert "labels/pets-r3 holds answers" in told


def test_a_try_that_was_cut_short_is_finished_by_the_next(finished, tmp_path) -> None:
    """The newest record goes first: whatever is left fits together."""
    workspace = copied(finished, tmp_path / "pets")
    hook = workspace.root / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    cut = workspace.ymir("rollback", "pets", "--to", "1", "--yes")
    assert cut.returncode == 1
    assert list(records(workspace)) == ["1.dvc"]
    assert workspace.run("git", "diff", "--cached", "--name-only") == ""
    hook.unlink()
    done = workspace.ymir("rollback", "pets", "--to", "1", "--yes")
    assert done.returncode == 0, done.stderr
    assert "rolled back to round 1" in workspace.run("git", "log", "-1", "--format=%s")
    assert workspace.run("git", "status", "--porcelain", "--untracked-files=no") == ""
    back = workspace.ymir("rollback", "pets", "--to", "3", "--yes")
    assert back.returncode == 0, back.stderr
    assert records(workspace) == records(finished)


def records(workspace: Workspace) -> dict[str, str]:
    """The project's rounds, as they are recorded."""
    folder = workspace.root / "data" / "rounds" / "pets"
    return {path.name: path.read_text() for path in sorted(folder.glob("*.dvc"))}


def figures(workspace: Workspace) -> dict[str, object]:
    """What `dvc metrics` shows."""
    return json.loads((workspace.root / "reports" / "pets" / "metrics.json").read_text())


def label(workspace: Workspace, number: int) -> None:
    """Do what people were asked to do."""
    batch: Path = workspace.root / "labels" / f"pets-r{number}"
    for image in sorted((batch / "images").iterdir()):
        annotate(image, batch / "annotations")
