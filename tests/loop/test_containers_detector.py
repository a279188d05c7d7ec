"""The CPU detector, in containers and as processes: the same weights, and not one round redone."""

from pathlib import Path

import pytest

from tests import workspaces
from tests.components import needs
from tests.containers.base import DOCKER
from tests.containers.images import HAS_DETECTOR, detector
from tests.containers.workspaces import WORKSPACE, containers
from tests.workspaces import Workspace

pytestmark = [DOCKER, needs("tinydet", HAS_DETECTOR, "run `ymir executor setup tinydet`")]

PROJECT = {
    "goal": {"map": 0.99, "rounds": 2},
    "train": {"executor": "tinydet", "with": {"iterations": 10}},
    "mine": {"use": "executor", "topk": 6},
    "label": {"use": "folder"},
}


def applied(root: Path, backend: str) -> Workspace:
    """A project whose executor is the bundled detector, until people must label."""
    workspace = workspaces.make(root)
    workspace.spec(**PROJECT)
    specs = workspace.root / "specs"
    lines = (specs / "all.yaml").read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("command: "))
    lines[at - 1 : at + 1] = ["name: tinydet", "bundled: tinydet"]
    (specs / "all.yaml").write_text("\n".join(lines) + "\n")
    (specs / "workspace.yaml").write_text(WORKSPACE.replace("docker", backend))
    done = workspace.ymir("apply")
    assert done.returncode == 3, done.stdout + done.stderr
    return workspace


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return applied(tmp_path_factory.mktemp("processes") / "pets", "process")


def made(workspace: Workspace) -> dict[str, bytes]:
    """All that the rounds hold but for what says when and how long."""
    rounds = workspace.root / "data" / "rounds" / "pets"
    names = ("model/tinydet.*", "model/model.yaml", "predictions/*.parquet", "m*.parquet")
    return {
        path.relative_to(rounds).as_posix(): path.read_bytes()
        for name in names
        for path in rounds.glob(f"*/{name}")
    }


def test_weights_findings_and_picks_are_the_same_to_the_last_byte(
    processes: Workspace, tmp_path: Path
) -> None:
    with detector():
        workspace = applied(tmp_path / "pets", "docker")
    assert not containers(workspace)
    ours, theirs = made(workspace), made(processes)
    assert {"1/model/tinydet.safetensors", "1/model/tinydet.onnx", "1/mined.parquet"} <= set(ours)
    assert {name for name in ours if ours[name] != theirs.get(name)} == set()
    assert [each["map"] for each in workspace.data("status")["rounds"]["pets"]] == [
        each["map"] for each in processes.data("status")["rounds"]["pets"]
    ]


def test_a_workspace_that_changes_to_containers_redoes_nothing(processes: Workspace) -> None:
    before = [each["stage"] for each in processes.events() if each["event"] == "recorded"]
    (processes.root / "specs" / "workspace.yaml").write_text(WORKSPACE)
    assert processes.ymir("apply").returncode == 3
    after = [each["stage"] for each in processes.events() if each["event"] == "recorded"]
    assert after == before
    assert "pets/r1/train" in before
