"""Whole loops whose jobs run in containers: the same rounds as with processes."""

import json
import signal
from pathlib import Path

import pytest

from tests import workspaces
from tests.containers.base import DOCKER, api
from tests.containers.images import blocks, written_on_the_sdk
from tests.containers.workspaces import (
    SLOW,
    TWO_ROUNDS,
    applying,
    containers,
    job_of,
    make,
    results,
    wait_until_running,
)
from tests.sdk import needs_sdk

pytestmark = DOCKER


def test_rounds_in_containers_are_the_same_as_with_processes(tmp_path: Path) -> None:
    processes = workspaces.make(tmp_path / "processes" / "pets", **TWO_ROUNDS)
    assert processes.ymir("apply").returncode == 4
    workspace = make(tmp_path / "containers" / "pets", blocks(), **TWO_ROUNDS)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert len(results(workspace)) >= 9
    assert results(workspace) == results(processes)
    assert not containers(workspace)
    again = workspace.ymir("apply")
    assert again.returncode == 4
    assert "✓" not in again.stdout
    assert workspace.run("git", "status", "--porcelain") == ""


@needs_sdk
@pytest.mark.parametrize("protocol", ["absent", "1.1.0"])
def test_an_executor_on_the_published_sdk_trains_finds_and_mines(
    tmp_path: Path, protocol: str
) -> None:
    workspace = make(
        tmp_path / "pets",
        written_on_the_sdk(),
        mine={"use": "executor", "topk": 6},
        extra=f"protocol: {protocol}",
        **TWO_ROUNDS,
    )
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    rounds = workspace.data("status")["rounds"]["pets"]
    assert [each["training_images"] for each in rounds] == [6, 12]
    assert all(each["map"] is not None for each in rounds)
    model = workspace.root / "data" / "rounds" / "pets" / "2" / "model"
    assert json.loads((model / "boxes.json").read_text()).keys() == {"cat", "dog"}
    assert not containers(workspace)


def test_a_container_is_known_by_its_job_and_sees_only_its_folders(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", blocks(), **SLOW)
    with applying(workspace) as run:
        found = api().containers.get(wait_until_running(workspace)).attrs
        run.send_signal(signal.SIGTERM)
    assert "pets-r1-train" in found["Name"]
    job = job_of(workspace)
    seen = {each["Destination"]: (each["Source"], each["RW"]) for each in found["Mounts"]}
    assert seen["/in"] == (str(job / "in"), False)
    assert seen["/out"] == (str(job / "attempts" / "1" / "out"), True)
    assert {name for name, (_, may_write) in seen.items() if may_write} == {"/out"}
    walls = found["HostConfig"]
    assert walls["NetworkMode"] == "none"
    assert walls["ReadonlyRootfs"]
    assert not walls["Privileged"]
    assert walls["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in walls["SecurityOpt"]
    assert walls["PidsLimit"] == 4096
