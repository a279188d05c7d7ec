"""`ymir watch --git`, as a process: what is merged is applied, what is recorded is pushed."""

import shutil
from pathlib import Path

import pytest

from tests.watching.test_watch import Watching, call, images, label, watching
from tests.workspaces import Workspace, with_origin

GOAL = {"map": 0.99, "rounds": 2}
WORKSPACE = "{apiVersion: ymir/v1, kind: Workspace, remote: ../store}\n"
SECRET = "a-secret-that-nobody-guesses"  # noqa: S105 - of this test
FAST = ("--git", "origin", "main", "--git-interval", "1s", "--interval", "2s")


@pytest.fixture
def agent(tmp_path: Path) -> Workspace:
    """Its first batch waits for people; a bare repository is its remote."""
    workspace = with_origin(tmp_path / "pets", WORKSPACE, label={"use": "folder"}, goal=GOAL)
    workspace.run("git", "push", "--quiet", "origin", "main")
    return workspace


@pytest.fixture
def person(agent: Workspace, tmp_path: Path) -> Workspace:
    """The clone of somebody who edits specs."""
    agent.run("git", "clone", "--quiet", str(tmp_path / "origin.git"), str(tmp_path / "person"))
    return Workspace(tmp_path / "person")


def merge(person: Workspace, rounds: int) -> str:
    """Push an edit; the commit."""
    spec = person.root / "specs" / "all.yaml"
    spec.write_text(spec.read_text().replace('"map": 0.99', f'"map": 0.{rounds}'))
    person.run("git", "commit", "--quiet", "--all", "--message", f"Goal 0.{rounds}")
    person.run("git", "pull", "--quiet", "--rebase", "origin", "main")
    person.run("git", "push", "--quiet", "origin", "HEAD:main")
    return person.run("git", "rev-parse", "HEAD").strip()


def remote_head(agent: Workspace) -> str:
    return agent.run("git", "ls-remote", "origin", "refs/heads/main").split()[0]


def test_what_is_merged_is_applied_and_what_is_recorded_is_pushed(
    agent: Workspace, person: Workspace
) -> None:
    with watching(agent, *FAST) as watch:
        watch.until_it_says("1 batch with people")
        merge(person, 1)
        watch.until_it_says("origin/main has moved to")
        watch.until_it_says("goal met")
        watch.until(lambda: remote_head(agent) == agent.run("git", "rev-parse", "HEAD").strip())
    assert "pushed to `origin/main`" in watch.said
    log = agent.run("git", "log", "--format=%s", "origin/main")
    assert "Goal 0.1" in log
    assert agent.run("git", "status", "--porcelain", "--untracked-files=no") == ""


def test_own_commits_move_upon_those_of_people_and_a_rewritten_branch_stops_it(
    agent: Workspace, person: Workspace
) -> None:
    label(agent, images(agent))
    assert agent.ymir("apply", "--no-push").returncode == 4
    edited = merge(person, 98)
    with watching(agent, *FAST) as watch:
        watch.until(lambda: remote_head(agent) == agent.run("git", "rev-parse", "HEAD").strip())
        assert edited in agent.run("git", "log", "--format=%H")
        assert "pets round 1: 6 images labelled" in agent.run("git", "log", "--format=%s", "-9")
        rewrite(person, watch)
        assert "Rewritten" not in agent.run("git", "log", "--format=%s")
        agent.run("git", "push", "--quiet", "--force", "origin", "HEAD:main")
        watch.until_it_says("that is over")


def rewrite(person: Workspace, watch: Watching) -> None:
    """Somebody forces the branch to be another one."""
    watch.until_it_says("synced")
    person.run("git", "fetch", "--quiet")
    person.run("git", "reset", "--quiet", "--hard", "origin/main~2")
    person.run("git", "commit", "--quiet", "--allow-empty", "-m", "Rewritten")
    person.run("git", "push", "--quiet", "--force", "origin", "HEAD:main")
    watch.until_it_says("! origin/main was rewritten")


def test_a_push_that_is_told_by_a_webhook_is_fetched_at_once_and_a_silent_remote_is_outlived(
    agent: Workspace, person: Workspace, tmp_path: Path
) -> None:
    words = ("--git", "origin", "main", "--git-interval", "1h", "--no-push", "--interval", "1h")
    ear = ("--listen", "127.0.0.1:0", "--webhook-secret-env", "RING")
    with watching(agent, *words, *ear, RING=SECRET) as watch:
        watch.until_it_says("1 batch with people")
        port = int(watch.said.split("http://127.0.0.1:")[1].split("/")[0])
        merge(person, 1)
        assert call(port, SECRET, "/gitlab", {"ref": "refs/heads/main"}) == 204
        watch.until_it_says("goal met")
        shutil.move(tmp_path / "origin.git", tmp_path / "away.git")
        assert call(port, SECRET, "/gitlab", {"ref": "refs/heads/main"}) == 204
        watch.until_it_says("! origin/main cannot be fetched")
        shutil.move(tmp_path / "away.git", tmp_path / "origin.git")
        assert call(port, SECRET, "/gitlab", {"ref": "refs/heads/main"}) == 204
        watch.until_it_says("that is over")
    assert SECRET not in watch.said
