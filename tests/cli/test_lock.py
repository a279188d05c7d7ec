"""`ymir lock` shows who works on what and takes leases away; looking takes nothing."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lease.remotes import ELSEWHERE, bare, lease, refs
from tests.workspaces import ENVIRONMENT, YMIR, Workspace
from ymir.lease.refs import Swap
from ymir.lock import holder, locked

LABELS = "apiVersion: ymir/v1\nkind: Labels\nclasses: [cat]\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A clone with specs and nothing else."""
    bare(tmp_path)
    root = tmp_path / "first"
    (root / "specs").mkdir()
    (root / "specs" / "labels.yaml").write_text(LABELS)
    return Workspace(root)


@pytest.fixture
def theirs(workspace: Workspace) -> Iterator[str]:
    """The id of a lease that somebody elsewhere has, with an odd name."""
    held = lease(process=ELSEWHERE).model_copy(
        update={"holder": "ann\x1b[31m", "link": "https://ci"}
    )
    store = refs(workspace.root)
    store.swap({"pets": Swap(None, store.put(held))})
    return held.id


def test_where_nobody_works_it_says_so(workspace: Workspace) -> None:
    assert workspace.ymir("lock", "ls").stdout.splitlines() == [
        "this workspace: nobody works in it",
        "leases of `origin`: none",
    ]
    assert workspace.data("lock", "ls") == {
        "workspace": None,
        "remote": "origin",
        "leases": [],
        "why": None,
    }


def test_whoever_holds_the_workspace_is_shown_and_refused_to_nobody_after(
    workspace: Workspace,
) -> None:
    with locked(workspace.root):
        here = workspace.data("lock", "ls")["workspace"]
        who = holder(workspace.root)
        assert who is not None
        assert here == {
            "pid": who.process.pid,
            "host": who.process.host,
            "since": who.since,
            "alive": True,
        }
        refused = workspace.ymir("pull")
        assert refused.returncode == 5
        assert who.words in refused.stderr
    assert holder(workspace.root) is None


def test_a_holder_that_was_killed_is_none(workspace: Workspace) -> None:
    code = "import os; from pathlib import Path; from ymir.lock import locked\n"
    code += "with locked(Path()): os.kill(os.getpid(), 9)"
    subprocess.run([YMIR[0], "-c", code], cwd=workspace.root, env=ENVIRONMENT, check=False)
    assert (workspace.root / ".ymir" / "holder.json").exists()
    assert holder(workspace.root) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": "x", "host": 1}', '{"pid": 1}'])
def test_a_note_of_a_holder_that_is_torn_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".ymir").mkdir()
    (tmp_path / ".ymir" / "holder.json").write_text(text)
    assert holder(tmp_path) is None


def test_a_lease_is_shown_with_all_that_it_says(workspace: Workspace, theirs: str) -> None:
    (row,) = workspace.data("lock")["leases"]
    assert (row["id"], row["project"], row["host"]) == (theirs, "pets", "far")
    assert (row["link"], row["standing"], row["expiry"]) == ("https://ci", "unknown", 60.0)
    shown = workspace.ymir("lock").stdout
    assert "\\u001b[31m on far (process 7, since " in shown, "nothing steers the terminal"
    assert "more seconds of silence" in shown


def test_a_lease_is_broken_by_its_id_only_where_somebody_says_yes(
    workspace: Workspace, theirs: str
) -> None:
    asked = subprocess.run(
        [*YMIR, "lock", "break", theirs], cwd=workspace.root, stdin=subprocess.DEVNULL, check=False
    )
    assert asked.returncode == 1, "nobody is here to be asked"
    assert workspace.data("lock")["leases"]
    done = workspace.ymir("lock", "break", theirs[:8], "--yes")
    assert done.returncode == 0, done.stderr
    assert "broke the lease on pets" in done.stdout
    assert workspace.data("lock")["leases"] == []
    again = workspace.ymir("lock", "break", theirs, "--yes")
    assert again.returncode == 1
    assert "there is none" in again.stderr


def test_what_is_no_lease_can_be_broken_too(workspace: Workspace) -> None:
    workspace.run("git", "push", "-q", "origin", f"HEAD:{refs(workspace.root).prefix}pets")
    assert "cannot read the lease" in workspace.ymir("lock").stdout
    assert workspace.data("lock", "break", "pets", "--yes")["broken"]["project"] == "pets"
    assert workspace.data("lock")["leases"] == []


def test_a_holder_that_lives_here_is_ended_and_not_broken(workspace: Workspace) -> None:
    store = refs(workspace.root)
    store.swap({"pets": Swap(None, store.put(lease()))})
    refused = workspace.ymir("lock", "break", "pets", "--yes")
    assert refused.returncode == 5
    assert "kill -INT" in refused.stderr


def test_a_remote_that_is_away_is_said_and_no_reason_to_fail(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    looked = workspace.ymir("lock", "ls")
    assert looked.returncode == 0
    assert "`origin` does not answer" in looked.stdout
    workspace.run("git", "remote", "remove", "origin")
    assert workspace.data("lock")["why"] == "this repository has no git remote"
    assert workspace.ymir("lock", "break", "pets", "--yes").returncode == 1


def test_a_remote_that_is_not_there_is_named(workspace: Workspace) -> None:
    text = "apiVersion: ymir/v1\nkind: Workspace\nlease: {remote: hub}\n"
    (workspace.root / "specs" / "w.yaml").write_text(text)
    refused = workspace.ymir("lock", "ls")
    assert refused.returncode == 1
    assert "no git remote `hub`" in refused.stderr
    (workspace.root / "specs" / "w.yaml").write_text(text.replace("remote: hub", "hold: never"))
    assert "asks for none" in workspace.ymir("lock", "ls").stdout
