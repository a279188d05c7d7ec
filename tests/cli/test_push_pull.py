import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.dvc.real import add_batch, files_under, run_git
from ymir.cli.main import cli
from ymir.dvc import project
from ymir.errors import LockedError, StoreError
from ymir.lock import locked

LABELS = "apiVersion: ymir/v1\nkind: Labels\nclasses: [helmet_head]\n"
WORKSPACE = "---\napiVersion: ymir/v1\nkind: Workspace\nremote: ../storage\n"


@pytest.fixture
def workspace(tmp_path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "all.yaml").write_text(LABELS + WORKSPACE)
    run_git(folder, "init", "-q")
    project.prepare(folder)
    add_batch(folder, "site-1", [b"image 1", b"image 2"])
    return folder


def test_what_one_workspace_pushes_a_clone_pulls(workspace):
    assert "3 objects stored" in _run("push", workspace)
    assert "the remote has everything" in _run("push", workspace)
    run_git(workspace, "add", ".")
    run_git(workspace, "commit", "-qm", "All")
    clone = workspace.parent / "clone"
    run_git(workspace.parent, "clone", "-q", workspace, clone)
    assert "3 objects fetched" in _run("pull", clone)
    assert "everything is here" in _run("pull", clone)
    assert files_under(clone / "media/pool") == files_under(workspace / "media/pool") != {}
    assert run_git(clone, "status", "--porcelain") == ""


def test_programs_get_json(workspace):
    assert json.loads(_run("push", workspace, "--json")) == {"objects": 3}
    assert json.loads(_run("pull", workspace, "--json")) == {"objects": 0}


def test_without_a_remote_nothing_is_pushed(workspace):
    (workspace / "specs" / "all.yaml").write_text(LABELS)
    with pytest.raises(StoreError, match="no remote"):
        _run("push", workspace)


def test_a_folder_that_is_gone_comes_back(workspace):
    shutil.rmtree(workspace / "media/pool/site-1")
    assert "everything is here" in _run("pull", workspace)
    assert len(files_under(workspace / "media/pool/site-1")) == 2


def test_pulling_waits_for_no_running_apply(workspace):
    with locked(workspace), pytest.raises(LockedError):
        _run("pull", workspace)


def _run(command: str, workspace: Path, *options: str) -> str:
    done = CliRunner().invoke(cli, [command, "-C", str(workspace), *options])
    if done.exception:
        raise done.exception
    return done.stdout
