"""Whoever may use the engine: what containers write belongs to who asked for it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from sysconfig import get_path
from urllib.parse import urlsplit

import pytest

from tests.components import needs
from tests.containers.base import DOCKER
from tests.containers.images import blocks
from tests.containers.workspaces import ONE_ROUND, containers, make
from tests.workspaces import ENVIRONMENT, Workspace
from ymir.engine.client import address

USER = 12345  # has no account, as on many clusters
ROOT = needs("root", os.getuid() == 0 and bool(shutil.which("setpriv")), "run the tests as root")
pytestmark = [DOCKER, ROOT]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="ymir-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def python_for_all() -> str:
    """A Python of this version that every user may run."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = (Path(folder) / name for folder in ("/usr/bin", "/usr/local/bin"))
    return next((str(each) for each in found if each.exists()), sys.executable)


def typed_by(
    user: int, group: int, workspace: Workspace, *words: str
) -> subprocess.CompletedProcess[str]:
    """Another user types `ymir …`."""
    who = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    packages = [str(Path(__file__).parents[2]), get_path("purelib")]
    return subprocess.run(
        [*who, python_for_all(), "-m", "ymir.cli.main", *words],
        cwd=workspace.root,
        env={
            **ENVIRONMENT,
            "HOME": str(workspace.root),
            "PYTHONPATH": os.pathsep.join(packages),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def given_to(user: int, group: int, workspace: Workspace) -> Workspace:
    for path in (workspace.root, *workspace.root.rglob("*")):
        os.chown(path, user, group, follow_symlinks=False)
    return workspace


@pytest.mark.parametrize("extra", ["", "run_as_root: true"], ids=["as-the-caller", "as-root"])
def test_what_a_container_wrote_belongs_to_the_caller(open_folder: Path, extra: str) -> None:
    group = Path(urlsplit(address()).path).stat().st_gid
    workspace = make(open_folder / "pets", blocks(), extra=extra, **ONE_ROUND)
    applied = typed_by(USER, group, given_to(USER, group, workspace), "apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    owners = {path.lstat().st_uid for path in workspace.root.rglob("*")}
    assert owners == {USER}
    assert not containers(workspace)
    assert not list(workspace.root.glob(".ymir/jobs/*/attempts/*/out"))


def test_who_may_not_use_the_engine_reads_why(open_folder: Path) -> None:
    workspace = make(open_folder / "pets", blocks(), **ONE_ROUND)
    applied = typed_by(USER, USER, given_to(USER, USER, workspace), "apply")
    assert applied.returncode != 0
    assert "no container engine answers" in applied.stdout + applied.stderr
    assert "join its group (`docker`)" in applied.stdout + applied.stderr
