"""What a run records reaches the other clones: `ymir apply --push`, `ymir push --git`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import forked
from tests.loop.test_people import annotate
from tests.workspaces import ENVIRONMENT, Workspace, with_origin

GOAL = {"map": 0.99, "rounds": 2}
WORKSPACE = "{apiVersion: ymir/v1, kind: Workspace, remote: ../store, push: true}\n"


@pytest.fixture
def parked(tmp_path: Path) -> Workspace:
    """Its first batch waits for people; a bare repository is its remote, and has all of it."""
    return with_origin(tmp_path / "pets", WORKSPACE, label={"use": "folder"}, goal=GOAL)


@pytest.fixture
def cloned(parked: Workspace, tmp_path: Path) -> Callable[[str], Workspace]:
    """Another clone of what was pushed."""
    assert parked.ymir("push", "--git").returncode == 0

    def clone(name: str) -> Workspace:
        parked.run("git", "clone", "--quiet", str(tmp_path / "origin.git"), str(tmp_path / name))
        made = Workspace(tmp_path / name)
        assert made.ymir("pull").returncode == 0
        return made

    return clone


def test_one_clone_parks_another_finishes_and_the_first_goes_along(parked, cloned) -> None:
    second = cloned("second")
    assert second.ymir("apply").returncode == 3
    label(second)
    done = second.ymir("apply")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "pushed to `origin/main`" in done.stdout
    assert "pets/r2" in parked.run("git", "ls-remote", "--tags", "origin")
    first = parked.data("apply")
    assert first["exit"] == 4, first
    assert first["push"]["commits"] == 0
    assert [each["labels"] for each in first["rounds"]["pets"]] == [0, 6]
    assert parked.run("git", "rev-parse", "HEAD") == second.run("git", "rev-parse", "HEAD")
    assert parked.run("git", "status", "--porcelain", "--untracked-files=no") == ""


def test_labels_of_two_clones_that_differ_are_both_kept(parked, cloned) -> None:
    second = cloned("second")
    label(parked)
    label(second, but=1)
    assert second.ymir("labels", "cancel", "pets-r1", "--yes").returncode == 0
    second.ymir("push", "--git")
    refused = parked.data("apply", "--no-push", "--no-lease")
    assert refused["push"] is None
    pushed = parked.ymir("push", "--git")
    assert pushed.returncode == 1, pushed.stdout
    assert "data/rounds/pets/1.dvc" in pushed.stderr
    assert "ymir/kept/main-" in parked.run("git", "ls-remote", "origin")
    assert "pets round 1: 6 images labelled" in parked.run("git", "log", "--format=%s")


def test_without_a_place_to_push_to_nothing_runs(parked) -> None:
    parked.run("git", "checkout", "--quiet", "--detach")
    before = parked.events()
    refused = parked.ymir("apply")
    assert refused.returncode == 1
    assert "--push-to main" in refused.stderr
    assert parked.events() == before
    assert "on no branch" in parked.ymir("apply", "--no-push").stdout
    named = typed(parked, "push", "--git", "--json", GITHUB_REF_NAME="main")
    assert json.loads(named.stdout)["target"] == "origin/main"
    for others in ({"GITHUB_REF": "refs/pull/7/merge"}, {"GITHUB_EVENT_NAME": "pull_request"}):
        assert typed(parked, "push", "--git", GITHUB_REF_NAME="7/merge", **others).returncode == 1
    parked.run("git", "remote", "remove", "origin")
    assert "git has no remote" in parked.ymir("apply").stderr
    (parked.root / "specs" / "workspace.yaml").unlink()
    assert parked.ymir("apply", "--push", "--no-commit").returncode == 1


def test_a_run_whose_branch_is_protected_ends_and_keeps_the_labels(parked, tmp_path) -> None:
    assert parked.ymir("push", "--git").returncode == 0
    hook = tmp_path / "origin.git" / "hooks" / "update"
    hook.write_text('#!/bin/sh\ncase "$1" in refs/heads/main) echo protected; exit 1;; esac\n')
    hook.chmod(0o755)
    label(parked)
    done = parked.ymir("apply")
    assert done.returncode == 1, done.stdout
    assert "the remote refuses" in done.stderr
    listed = parked.run("git", "ls-remote", "origin")
    kept = next(line for line in listed.splitlines() if "refs/heads/ymir/kept/main-" in line)
    assert "6 images labelled" in parked.run("git", "log", "--format=%s", kept.split()[0])
    hook.unlink()
    sent = json.loads(parked.ymir("push", "--git", "--json").stdout)
    assert sent["commits"] > 0


def test_a_remote_that_does_not_answer_is_met_before_anything_runs(parked, tmp_path) -> None:
    before = parked.events()
    parked.run("git", "remote", "set-url", "origin", str(tmp_path / "nowhere.git"))
    label(parked)
    refused = parked.ymir("apply")
    assert refused.returncode == 1
    assert "--no-push" in refused.stderr
    assert parked.events() == before


def label(workspace: Workspace, *, but: int = 0) -> None:
    """Do what people were asked to do, but for some images."""
    batch = workspace.root / "labels" / "pets-r1"
    images = sorted((batch / "images").iterdir()) if (batch / "images").is_dir() else []
    if not images:
        assert workspace.ymir("apply", "--no-push").returncode == 3
        images = sorted((batch / "images").iterdir())
    for image in images[but:]:
        annotate(image, batch / "annotations")


def typed(workspace: Workspace, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Type `ymir …` as a job of CI does."""
    return forked.run(words, workspace.root, {**ENVIRONMENT, **more})
