from pathlib import Path

import pytest

from tests.dvc.real import run_git
from tests.travel.jobs import job, stopped
from ymir.cli.running.ledger import GitLedger
from ymir.dvc import project
from ymir.plan.stage import RoundOf, Stage
from ymir.travel.checkpoints import Checkpoints

POINTER = "data/checkpoints/p-r1-train-0.dvc"
TRAIN = Stage("p/r1/train", "train", round=RoundOf("p", 1))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace in git, in which a stage was stopped."""
    project.prepare(tmp_path)
    run_git(tmp_path, "init", "-q", "-b", "main")
    run_git(tmp_path, "add", ".")
    run_git(tmp_path, "commit", "-qm", "All")
    folder = job(tmp_path / ".ymir" / "jobs" / "p-r1-train-0")
    stopped(folder)
    Checkpoints(tmp_path).pack(TRAIN.name, folder)
    return tmp_path


def told(root: Path) -> list[str]:
    """The newest commit: what it says, and which files it changed how."""
    return run_git(root, "show", "--format=%B", "--name-status", "HEAD").split("\n")


def test_a_kept_checkpoint_is_one_commit_of_its_pointer_alone(root: Path) -> None:
    (root / "mine.txt").write_text("lies about")
    run_git(root, "add", "mine.txt")
    GitLedger(root, is_committing=True).kept(TRAIN, 0.5)
    lines = [line for line in told(root) if line]
    assert lines[0] == "p round 1: train stopped at 50%, its checkpoint kept"
    assert set(lines[1:4]) == {"Ymir-Project: p", "Ymir-Round: 1", "Ymir-Stage: checkpoint"}
    assert [line for line in lines if "\t" in line] == [f"A\t{POINTER}"]


def test_that_it_is_gone_is_committed_with_what_is_recorded_next(root: Path) -> None:
    ledger = GitLedger(root, is_committing=True)
    ledger.kept(TRAIN, None)
    assert told(root)[0] == "p round 1: train stopped, its checkpoint kept"
    Checkpoints(root).drop(TRAIN.name)
    ledger.let_go()
    assert f"D\t{POINTER}" in told(root)
    assert run_git(root, "status", "--porcelain") == ""


def test_a_run_that_was_killed_before_its_commit_is_caught_up_with(root: Path) -> None:
    GitLedger(root, is_committing=True).catch_up()
    assert f"A\t{POINTER}" in told(root)
    Checkpoints(root).drop(TRAIN.name)
    GitLedger(root, is_committing=True).catch_up()
    assert f"D\t{POINTER}" in told(root)


def test_nothing_is_committed_where_commits_are_left_to_people(root: Path) -> None:
    before = run_git(root, "rev-parse", "HEAD")
    ledger = GitLedger(root, is_committing=False)
    ledger.kept(TRAIN, 0.5)
    ledger.let_go()
    assert run_git(root, "rev-parse", "HEAD") == before
