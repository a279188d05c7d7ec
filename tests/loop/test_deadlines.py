"""What happens to a batch whose time is up, and to answers that come later."""

import json
import shutil
import time
from pathlib import Path

import polars as pl
import pytest

from tests.loop.test_people import annotate
from tests.workspaces import Workspace, applied

GOAL = {"map": 0.99, "rounds": 2}


def out(tmp_path: Path, **label: object) -> tuple[Workspace, Path]:
    """A workspace whose first batch of six lies with people for one second."""
    sent = {name: given for name, given in label.items() if name in ("review", "use")}
    workspace = applied(tmp_path / "pets", label={"use": "folder", **sent}, goal=GOAL)
    shutil.rmtree(workspace.root / ".ymir" / "labels")  # a look after the deadline, maybe
    workspace.spec(label={"use": "folder", "deadline": "1s", **label}, goal=GOAL)
    return workspace, workspace.root / "labels" / "pets-r1"


def answer(batch: Path, count: int) -> list[str]:
    """Label the first images, and let the deadline pass; the names of the others."""
    images = sorted((batch / "images").iterdir())
    for image in images[:count]:
        annotate(image, batch / "annotations")
    time.sleep(1.1)
    return [image.name for image in images[count:]]


def table(workspace: Workspace, name: str) -> pl.DataFrame:
    return pl.read_parquet(workspace.root / "data" / "rounds" / "pets" / "1" / name)


def balance(workspace: Workspace) -> dict:
    """The balance of the first batch, as plans have it."""
    return workspace.data("status")["projects"][0]["batches"][0]["balance"]


def test_what_is_done_is_taken_and_the_rest_is_never_lost(tmp_path: Path) -> None:
    workspace, batch = out(tmp_path, on_partial="proceed")
    left = answer(batch, 4)
    planned = workspace.ymir("plan")
    assert "its deadline has passed: what is done is taken" in planned.stdout
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert "6 sent = 4 labelled + 2 outstanding; 2 went back to the pool" in applied.stdout
    assert table(workspace, "labelled.parquet").height == 4
    released = set(table(workspace, "released.parquet")["image"])
    assert len(released) == 2
    assert workspace.data("status")["rounds"]["pets"][1]["training_images"] == 6 + 4

    for name in left:  # somebody had them on the desk, and brings them after all
        annotate(batch / "withdrawn" / name, batch / "annotations")
    assert workspace.ymir("apply").returncode == 4
    pulled = workspace.ymir("labels", "pull", "pets-r1")
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    assert table(workspace, "labelled.parquet").height == 6
    assert balance(workspace)["outstanding"] == 0
    assert not (workspace.root / "data/rounds/pets/1/released.parquet").exists()
    assert workspace.data("status")["rounds"]["pets"][1]["training_images"] == 6 + 4, "is sealed"


def test_images_that_went_back_are_mined_again(tmp_path: Path) -> None:
    workspace, batch = out(tmp_path, on_partial="proceed")
    answer(batch, 4)
    workspace.spec(
        label={"use": "existing", "deadline": "1s", "on_partial": "proceed"},
        goal={"map": 0.99, "rounds": 3},
        mine={"use": "random", "topk": 40, "near": None},
    )
    assert workspace.ymir("apply").returncode == 0
    released = set(table(workspace, "released.parquet")["image"])
    second = pl.read_parquet(workspace.root / "data/rounds/pets/2/mined.parquet")
    assert released <= set(second["image"])
    assert second.height == 40 - 4, "the whole pool, but what was labelled"
    assert set(table(workspace, "labelled.parquet")["image"]).isdisjoint(second["image"])


def test_a_late_batch_of_which_nothing_came_back_is_waited_for(tmp_path: Path) -> None:
    workspace, batch = out(tmp_path, on_partial="proceed")
    answer(batch, 0)
    for _ in range(2):
        applied = workspace.ymir("apply")
        assert applied.returncode == 3, applied.stdout + applied.stderr
        assert "late" in applied.stdout
    assert not (batch / "withdrawn").exists()


def test_a_late_batch_fails_where_the_project_says_so_until_that_is_edited(tmp_path: Path) -> None:
    workspace, batch = out(tmp_path, on_partial="fail")
    answer(batch, 5)
    for _ in range(2):
        applied = workspace.ymir("apply")
        assert applied.returncode == 1
        assert "late: 6 sent = 5 labelled + 1 outstanding" in applied.stdout
    assert not (workspace.root / "data/rounds/pets/1/labelled.parquet").exists()
    workspace.spec(label={"use": "folder", "deadline": "1d", "on_partial": "fail"}, goal=GOAL)
    assert workspace.ymir("apply").returncode == 3


@pytest.mark.parametrize("on_partial", ["wait", "fail"])
def test_second_answers_are_not_waited_for_beyond_the_deadline(
    tmp_path: Path, on_partial: str
) -> None:
    workspace, batch = out(tmp_path, on_partial=on_partial, review="50 %")
    index = (batch / "index.csv").read_text().splitlines()[1:]
    assert len(index) == 6 + 3
    answer(batch, 9)
    second = sorted((batch / "annotations").iterdir())[6:]
    for each in second[1:]:
        each.unlink()
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    counted = balance(workspace)
    assert (counted["labelled"] + counted["empty"], counted["reviewed"]) == (6, 1)
    facts = (workspace.root / "data/rounds/pets/1.dvc").read_text()
    assert "agreement:" in facts


def test_a_look_is_remembered_and_may_be_forgotten(tmp_path: Path) -> None:
    workspace, batch = out(tmp_path, deadline="1d")
    answer(batch, 2)
    assert workspace.ymir("apply").returncode == 3
    kept = workspace.root / ".ymir" / "labels" / "pets-r1.json"
    assert json.loads(kept.read_text())["balance"]["labelled"] == 2
    said = "6 sent = 2 labelled + 4 outstanding"
    assert said in workspace.ymir("plan").stdout
    assert balance(workspace)["outstanding"] == 4
    for text in ("{", '{"balance": 3}', ""):
        kept.write_text(text)
        assert said not in workspace.ymir("plan").stdout
    kept.unlink()
    assert workspace.ymir("plan").returncode == 3
