"""Workspaces for tests that call ymir from Python, in this process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import workspaces
from tests.workspaces import ENVIRONMENT


@pytest.fixture(autouse=True, scope="package")
def _environment() -> Iterator[None]:
    """This process is as a command of the other tests: git knows who commits."""
    with pytest.MonkeyPatch.context() as here:
        for name in ENVIRONMENT.keys() - os.environ.keys() | {"PATH"}:
            here.setenv(name, ENVIRONMENT[name])
        yield


@pytest.fixture
def pets(tmp_path: Path) -> workspaces.Workspace:
    """One whose first batch is out: people have it as a folder."""
    return workspaces.applied(tmp_path / "pets", label={"use": "folder"})


@pytest.fixture(scope="package")
def done(tmp_path_factory: pytest.TempPathFactory) -> workspaces.Workspace:
    """One whose goal was met in two rounds or more. Read it, never change it."""
    root = tmp_path_factory.mktemp("done") / "pets"
    made = workspaces.unproven(root, goal={"map": 0.5, "rounds": 4})
    applied = made.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    return made
