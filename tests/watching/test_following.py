"""A clone follows a branch: forward where nothing is lost, and a stop in words everywhere else."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.watching.loops import run
from tests.workspaces import Workspace
from ymir.errors import YmirError
from ymir.watching.following import Followed, Follower, checked

OURS = ("-m", "pets round 1: model trained\n\nYmir-Stage: train")


@dataclass(frozen=True)
class Clones:
    """The clone of a person, and the one that follows what they push."""

    person: Workspace
    agent: Workspace

    @property
    def tip(self) -> str:
        return self.person.run("git", "rev-parse", "HEAD").strip()

    @property
    def head(self) -> str:
        return self.agent.run("git", "rev-parse", "HEAD").strip()

    def push(self, text: str, *words: str) -> None:
        write(self.person, "specs.yaml", text)
        self.person.run("git", "add", ".")
        self.person.run("git", "commit", "--quiet", "-m", text)
        self.person.run("git", "push", "--quiet", *words, "origin", "HEAD:main")

    def record(self, name: str, *message: str) -> None:
        """The agent commits."""
        write(self.agent, name, name)
        self.agent.run("git", "add", name)
        self.agent.run("git", "commit", "--quiet", *message)


def write(clone: Workspace, name: str, text: str) -> None:
    path = clone.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def clones(tmp_path: Path) -> Clones:
    here = Workspace(tmp_path)
    here.run("git", "init", "--quiet", "--bare", "-b", "main", "origin.git")
    here.run("git", "clone", "--quiet", "origin.git", "person")
    found = Clones(Workspace(tmp_path / "person"), Workspace(tmp_path / "agent"))
    found.push("first")
    here.run("git", "clone", "--quiet", "origin.git", "agent")
    return found


@pytest.fixture
def follower(clones: Clones) -> Follower:
    return Follower(clones.agent.root, "origin", "main", interval=0.01)


def follow(follower: Follower) -> Followed:
    """Fetch and go along."""

    async def both() -> Followed:
        await follower.fetch()
        return await follower.advance()

    return run(both())


def test_a_branch_that_moves_is_followed(clones: Clones, follower: Follower) -> None:
    assert follow(follower) == Followed()
    clones.push("second")
    assert follow(follower) == Followed()
    assert clones.head == clones.tip
    assert (clones.agent.root / "specs.yaml").read_text() == "second"


def test_that_it_has_moved_is_a_reason_to_look(clones: Clones, follower: Follower) -> None:
    follow(follower)
    clones.push("second")
    assert run(follower.comes()) == f"origin/main has moved to {clones.tip[:8]}"


def test_changes_that_nobody_committed_are_left_alone(clones: Clones, follower: Follower) -> None:
    follow(follower)
    before = clones.head
    clones.push("second")
    write(clones.agent, "specs.yaml", "somebody tries something")
    found = follow(follower)
    assert "uncommitted changes in specs.yaml" in found.trouble
    assert not found.held
    assert (clones.head, clones.agent.run("git", "diff", "--name-only")) == (before, "specs.yaml\n")
    clones.agent.run("git", "checkout", "--quiet", "specs.yaml")
    assert follow(follower) == Followed()
    assert clones.head == clones.tip


def test_files_that_git_does_not_know_are_never_overwritten(
    clones: Clones, follower: Follower
) -> None:
    follow(follower)
    write(clones.agent, "notes.txt", "mine")
    write(clones.person, "notes.txt", "theirs")
    clones.push("second")
    assert "notes.txt" in follow(follower).trouble
    assert (clones.agent.root / "notes.txt").read_text() == "mine"


def test_commits_of_ours_that_are_not_pushed_are_said_and_kept(
    clones: Clones, follower: Follower
) -> None:
    follow(follower)
    clones.record("data/datasets/base/v9.dvc", *OURS)
    assert follow(follower) == Followed(unpushed=clones.head)
    clones.push("second")
    before, found = clones.head, follow(follower)
    assert (found.has_parted, found.held, found.unpushed) == (True, "", before)
    assert clones.head == before


def test_where_nothing_is_pushed_commits_of_ours_are_made_anew_and_conflicts_leave_all_as_it_was(
    clones: Clones, follower: Follower
) -> None:
    follow(follower)
    clones.record("data/datasets/base/v9.dvc", *OURS)
    clones.push("second")
    assert follow(follower).has_parted
    assert run(follower.rebase()).unpushed == clones.head
    assert clones.agent.run("git", "rev-parse", "HEAD~1").strip() == clones.tip
    write(clones.person, "data/datasets/base/v9.dvc", "theirs")
    clones.push("third")
    before = clones.head
    assert follow(follower).has_parted
    assert "have parted" in run(follower.rebase()).held
    assert clones.head == before
    assert clones.agent.run("git", "status", "--porcelain") == ""


def test_commits_of_people_that_have_parted_stop_everything(
    clones: Clones, follower: Follower
) -> None:
    follow(follower)
    clones.record("mine.txt", "-m", "An experiment")
    clones.push("second")
    before, found = clones.head, follow(follower)
    assert "have parted" in found.held
    assert f"git rebase {clones.tip[:8]}" in found.held
    assert clones.head == before
    clones.agent.run("git", "reset", "--quiet", "--keep", clones.tip)
    assert follow(follower) == Followed(), "once a person chose, it goes on"


@pytest.mark.parametrize("back", [True, False])
def test_a_branch_that_was_rewritten_stops_everything(
    clones: Clones, follower: Follower, back: bool
) -> None:
    clones.push("second")
    follow(follower)
    before = clones.head
    clones.person.run("git", "reset", "--quiet", "--hard", "HEAD~1")
    if back:
        clones.person.run("git", "push", "--quiet", "--force", "origin", "HEAD:main")
    else:
        clones.push("instead of the second", "--force")
    for _ in range(2):
        found = follow(follower)
        assert "origin/main was rewritten" in found.held
        assert clones.head == before
    clones.agent.run("git", "reset", "--quiet", "--keep", clones.tip)
    assert follow(follower) == Followed()


def test_a_remote_that_does_not_answer_is_said_and_is_asked_again(
    clones: Clones, follower: Follower, tmp_path: Path
) -> None:
    follow(follower)
    (tmp_path / "origin.git").rename(tmp_path / "away.git")
    found = follow(follower)
    assert "origin/main cannot be fetched" in found.trouble
    assert not found.held
    (tmp_path / "away.git").rename(tmp_path / "origin.git")
    clones.push("second")
    assert run(follower.comes()).startswith("origin/main has moved")
    assert follow(follower) == Followed()


def test_another_branch_and_no_branch_are_told_apart_from_the_one_that_is_followed(
    clones: Clones, follower: Follower
) -> None:
    clones.agent.run("git", "switch", "--quiet", "-c", "mine")
    assert "stands on `mine`: `git switch main`" in follow(follower).held
    clones.agent.run("git", "switch", "--quiet", "--detach")
    assert "stands on `no branch`" in follow(follower).held


def test_a_clone_without_a_history_follows_too(clones: Clones, tmp_path: Path) -> None:
    url = f"file://{tmp_path / 'origin.git'}"
    clones.push("second")
    Workspace(tmp_path).run("git", "clone", "--quiet", "--depth", "1", url, "shallow")
    follower = Follower(tmp_path / "shallow", "origin", "main", interval=1)
    clones.push("third")
    assert follow(follower) == Followed()
    assert (tmp_path / "shallow" / "specs.yaml").read_text() == "third"


@pytest.mark.parametrize(
    ("remote", "branch", "complaint"),
    [
        ("--upload-pack=touch x", "main", "is no remote"),
        ("origin", "--force", "is no branch"),
        ("", "main", "is no remote"),
        ("nowhere", "main", "no remote is called `nowhere`"),
    ],
)
def test_what_is_no_remote_and_no_branch_is_refused(
    clones: Clones, remote: str, branch: str, complaint: str
) -> None:
    with pytest.raises(YmirError, match=complaint):
        checked(clones.agent.root, remote, branch, is_pushing=True)


def test_a_branch_that_is_not_there_is_said(clones: Clones) -> None:
    found = follow(Follower(clones.agent.root, "origin", "main:main", interval=1))
    assert "stands on `main`" in found.held
    clones.agent.run("git", "switch", "--quiet", "-c", "gone")
    assert (
        "cannot be fetched"
        in follow(Follower(clones.agent.root, "origin", "gone", interval=1)).trouble
    )
