"""People begin with what the round's model finds, whatever the batch was mined by."""

from pathlib import Path

import pytest

from tests.workspaces import Workspace, unproven
from ymir.media.tables import read_table


def sent(tmp_path: Path, **parts: object) -> Workspace:
    """A workspace whose first batch lies with people."""
    goal = {"map": 0.99, "rounds": 2}
    workspace = unproven(tmp_path / "pets", **{"label": {"use": "folder"}, "goal": goal, **parts})
    applied = workspace.ymir("apply")
    assert applied.returncode == 3, applied.stdout + applied.stderr
    return workspace


def jobs_of(workspace: Workspace, kind: str) -> list[float]:
    """The seconds of jobs of the stages of one kind that were recorded."""
    return [
        each["job_seconds"]
        for each in workspace.events()
        if each["event"] == "recorded" and each["stage"].endswith(f"/{kind}")
    ]


@pytest.mark.parametrize(("use", "asks"), [("random", True), ("entropy", False)])
def test_a_model_that_mining_did_not_ask_is_asked_when_the_batch_is_sent(
    tmp_path: Path, use: str, asks: bool
) -> None:
    workspace = sent(tmp_path, mine={"use": use, "topk": 6})
    assert (jobs_of(workspace, "send")[0] > 0) is asks
    folder = workspace.root / "data" / "rounds" / "pets" / "1"
    suggested = read_table(folder / "suggested.parquet")
    mined = read_table(folder / "mined.parquet")
    assert set(suggested["image"]) == set(mined["image"])
    scores = suggested["objects"].explode().struct.field("score")
    assert scores.is_between(0, 1).all()
    assert scores.len() >= suggested.height


def test_a_project_can_do_without_suggestions(tmp_path: Path) -> None:
    workspace = sent(
        tmp_path,
        mine={"use": "random", "topk": 6},
        label={"use": "folder", "suggestions": False},
    )
    assert jobs_of(workspace, "send") == [0.0]
    assert not (workspace.root / "data" / "rounds" / "pets" / "1" / "suggested.parquet").exists()
