"""Workspaces with a remote, for tests in which it fails."""

from pathlib import Path
from subprocess import CompletedProcess

from tests.workspaces import Workspace, copied, unproven

SPEC = "apiVersion: ymir/v1\nkind: Workspace\nremote: {}\n"


def small_import(folder: Path) -> Workspace:
    """A workspace with one dataset and nothing else."""
    workspace = unproven(folder / "pets")
    assert workspace.ymir("apply", "--target", "val").returncode == 0
    return workspace


def placed(imported: Workspace, folder: Path, remote: str) -> Workspace:
    """A copy of it that has a remote."""
    workspace = copied(imported, folder / "pets")
    (workspace.root / "specs" / "workspace.yaml").write_text(SPEC.format(remote))
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--message", "Remote")
    return workspace


def clone_of(workspace: Workspace) -> Workspace:
    """What git brings of it, beside it."""
    clone = workspace.root.parent / "clone"
    workspace.run("git", "clone", "--quiet", str(workspace.root), str(clone))
    return Workspace(clone)


def assert_in_words(met: CompletedProcess[str]) -> None:
    """It failed with one error and what to do about it."""
    assert met.returncode == 1, met.stdout
    assert met.stderr.startswith("error: ")
    assert " hint: " in met.stderr
    assert "Traceback" not in met.stderr
