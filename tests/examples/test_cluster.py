"""The example for clusters as its README tells it: a Slurm of its own, gone in the end."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import EXAMPLE, SLURM, Cluster
from tests.workspaces import ENVIRONMENT, Workspace

README = (EXAMPLE / "README.md").read_text()


@pytest.fixture(scope="module")
def lamps(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home = Workspace(tmp_path_factory.mktemp("example"))
    made = home.ymir(*re.findall(r"^    ymir (init .+?) +#", README, re.MULTILINE)[0].split())
    assert made.returncode == 0, made.stdout + made.stderr
    return Workspace(home.root / "lamps")


@pytest.fixture
def up(lamps: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The cluster that `./cluster up` starts, out of the way of anybody else's."""
    with tempfile.TemporaryDirectory(prefix="ymir-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        try:
            said = _cluster(lamps, "up")
            config = Path(said.removeprefix("export SLURM_CONF=").strip())
            monkeypatch.setitem(ENVIRONMENT, "SLURM_CONF", str(config))
            yield Cluster(config.parent)
        finally:
            _cluster(lamps, "down")
            assert not list(Path(folder).iterdir())


def _cluster(lamps: Workspace, what: str) -> str:
    done = subprocess.run(
        ["./cluster", what], cwd=lamps.root, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_it_is_a_complete_workspace(lamps: Workspace) -> None:
    said = lamps.ymir("validate")
    assert said.returncode == 0, said.stderr


@SLURM
def test_it_reaches_its_goal_on_all_nodes_and_a_second_run_does_nothing(
    lamps: Workspace, up: Cluster
) -> None:
    assert str(up.config) in _cluster(lamps, "up"), "a second one starts nothing"
    applied = lamps.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "goal met" in applied.stdout
    ran = up.command("squeue", "--noheader", "--states=all", "--format=%N %T").stdout.splitlines()
    assert {line.split()[1] for line in ran} == {"COMPLETED"}
    assert {line.split()[0] for line in ran} == {"n1", "n2", "n3"}
    events = lamps.events()
    again = lamps.ymir("apply")
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert lamps.events() == events
