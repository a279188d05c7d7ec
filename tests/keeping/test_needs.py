from pathlib import Path

import pytest

from tests.dvc.real import run_git
from tests.travel.jobs import job, stopped
from ymir.dvc import pointer, project
from ymir.keeping.needs import needs
from ymir.keeping.reach import Reach
from ymir.travel.checkpoints import Checkpoints

POINTER = "data/checkpoints/p-r1-train-0.dvc"


@pytest.fixture(params=["", "vision/pets"], ids=["at the top", "deep in its repository"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A workspace that a stage of has been stopped twice, each time with a commit."""
    folder = tmp_path / "repository" / request.param
    project.prepare(folder)
    run_git(tmp_path / "repository", "init", "-q", "-b", "main")
    for state in ("half", "nearly"):
        keep(folder, state)
    return folder


def keep(workspace: Path, state: str) -> None:
    jobs = job(workspace / ".ymir" / "jobs" / "p-r1-train-0")
    stopped(jobs, state)
    Checkpoints(workspace).pack("p/r1/train", jobs)
    run_git(workspace, "add", "data")
    run_git(workspace, "commit", "-qm", state)


def listing(workspace: Path) -> str:
    return pointer.read(workspace / POINTER).digest


def test_the_newest_checkpoint_of_each_branch_stays_and_those_before_go(workspace: Path) -> None:
    newest = listing(workspace)
    run_git(workspace, "checkout", "-q", "HEAD~1")
    older = listing(workspace)
    run_git(workspace, "checkout", "-q", "main")
    kept = needs([workspace], Reach.history).kept
    assert newest in kept
    assert older not in kept
    run_git(workspace, "branch", "other", "HEAD~1")
    assert {newest, older} <= needs([workspace], Reach.history).kept


def test_a_checkpoint_of_a_stage_that_is_recorded_may_go(workspace: Path) -> None:
    newest = listing(workspace)
    Checkpoints(workspace).drop("p/r1/train")
    assert newest in needs([workspace], Reach.history).kept, "as long as the branch says so"
    run_git(workspace, "commit", "-qam", "Recorded")
    assert newest not in needs([workspace], Reach.history).kept


def test_one_that_no_commit_holds_yet_stays(workspace: Path) -> None:
    jobs = job(workspace / ".ymir" / "jobs" / "p-r1-train-0")
    stopped(jobs, "last")
    Checkpoints(workspace).pack("p/r1/train", jobs)
    assert listing(workspace) in needs([workspace], Reach.workspace).kept
    assert listing(workspace) in needs([workspace], Reach.history).kept
