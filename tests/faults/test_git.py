"""Git that hangs, or is busy with something else: said in a line, and nothing is lost by it."""

import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.loop.test_faults import digests_of_versions, has_ended, processes_in
from tests.workspaces import Workspace, copied, unproven
from ymir.errors import StoreError
from ymir.git import commit

IMPORT = ("apply", "--target", "val")
HANGS = "#!/bin/sh\necho $$ > .git/begun\nsleep 600\n"


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, str]]:
    """A workspace before its first apply; what an undisturbed one comes to."""
    folder = tmp_path_factory.mktemp("git")
    fresh = unproven(folder / "pets")
    undisturbed = copied(fresh, folder / "calm")
    assert undisturbed.ymir(*IMPORT).returncode == 0
    return fresh, digests_of_versions(undisturbed)


@pytest.fixture
def workspace(calm: tuple[Workspace, dict[str, str]], tmp_path: Path) -> Workspace:
    return copied(calm[0], tmp_path / "pets")


def hang(workspace: Workspace, hook: str) -> Path:
    """A hook that never ends."""
    path = workspace.root / ".git" / "hooks" / hook
    path.parent.mkdir(exist_ok=True)
    path.write_text(HANGS)
    path.chmod(0o755)
    return path


def is_locked(workspace: Workspace) -> bool:
    return any((workspace.root / ".git").glob("*.lock"))


@pytest.mark.parametrize("hook", ["pre-commit", "commit-msg", "post-commit"])
def test_a_hook_that_hangs_is_ended_and_leaves_no_lock(workspace: Workspace, hook: str) -> None:
    path = hang(workspace, hook)
    record = workspace.root / "data" / "a.dvc"
    record.parent.mkdir(exist_ok=True)
    record.write_text("# x")
    with pytest.raises(StoreError, match="no answer within 1 seconds") as caught:
        commit(workspace.root, [record], "Import a", {}, 1.0)
    assert "a hook hangs" in str(caught.value.hint)
    assert not is_locked(workspace)
    assert not processes_in(workspace)
    path.unlink()
    commit(workspace.root, [record], "Import a", {})
    assert "data/a.dvc" in workspace.run("git", "ls-tree", "-r", "--name-only", "HEAD")
    assert workspace.run("git", "diff", "--cached", "--name-only") == ""


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_waits_for_a_hook_is_ended_by_the_second_signal(
    workspace: Workspace, calm: tuple[Workspace, dict[str, str]], sign: signal.Signals
) -> None:
    path = hang(workspace, "pre-commit")
    run = workspace.start(*IMPORT)
    until = time.monotonic() + 30
    while not (workspace.root / ".git" / "begun").exists() and time.monotonic() < until:
        time.sleep(0.05)
    run.send_signal(sign)
    assert not has_ended(run, 0.5), "the first asks for a clean end, after the commit"
    run.send_signal(sign)
    assert run.wait(30) == 130, workspace.said
    assert "goes on from" in workspace.said
    assert "Traceback" not in workspace.said
    assert not is_locked(workspace)
    assert not processes_in(workspace)
    path.unlink()
    assert workspace.ymir(*IMPORT).returncode == 0
    assert digests_of_versions(workspace) == calm[1]
    assert workspace.run("git", "status", "--porcelain") == ""


def diverge(workspace: Workspace) -> None:
    """Two branches that both changed one line."""
    for branch in ("theirs", "ours"):
        workspace.run("git", "checkout", "--quiet", "-b", branch, "HEAD")
        (workspace.root / "notes.md").write_text(branch)
        workspace.run("git", "add", "notes.md")
        workspace.run("git", "commit", "--quiet", "--message", branch)
        if branch == "theirs":
            workspace.run("git", "checkout", "--quiet", "HEAD~1")


@pytest.mark.parametrize("what", ["rebase", "cherry-pick"])
def test_what_git_has_under_way_is_finished_first(
    workspace: Workspace, calm: tuple[Workspace, dict[str, str]], what: str
) -> None:
    diverge(workspace)
    with pytest.raises(AssertionError, match="CONFLICT"):
        workspace.run("git", what, "theirs")
    met = workspace.ymir(*IMPORT)
    assert met.returncode == 1
    assert "error: what was made is recorded, but not committed: " in met.stderr
    assert "finish or abort first what git has under way" in met.stderr
    assert "Traceback" not in met.stderr
    assert "AA notes.md" in workspace.run("git", "status", "--porcelain")
    workspace.run("git", what, "--abort")
    assert workspace.ymir(*IMPORT).returncode == 0
    assert digests_of_versions(workspace) == calm[1]
    assert workspace.run("git", "status", "--porcelain") == ""


def test_a_repository_that_is_broken_is_named(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / ".git" / "objects")
    met = workspace.ymir(*IMPORT)
    assert met.returncode == 1
    assert met.stderr.startswith("error: the git repository `")
    assert "is broken: not a git repository" in met.stderr
    assert " hint: bring it back from a clone" in met.stderr
