"""`ymir jobs` and `ymir predict` where executors run in containers."""

import json
import signal
import time
from pathlib import Path

from tests.cli.test_jobs import until
from tests.containers.base import DOCKER, api
from tests.containers.images import blocks, misbehaving
from tests.containers.workspaces import (
    ONE_ROUND,
    applying,
    containers,
    make,
    wait_until_running,
)
from tests.workspaces import Workspace

pytestmark = DOCKER
STAGE = "pets/r1/train"
SAID = "waiting for a lock\n"


def test_a_container_is_listed_followed_and_stopped(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", misbehaving("deaf"), **ONE_ROUND)
    with applying(workspace) as run:
        running = wait_until_running(workspace)
        (job,) = until(workspace, lambda jobs: bool(jobs) and jobs[0]["state"] == "running")
        assert (job["stage"], job["image"]) == (STAGE, misbehaving("deaf"))
        assert job["image"] in workspace.ymir("jobs").stdout
        before = api().containers.get(running).attrs["State"]
        workspace.ymir("jobs", "logs", STAGE)
        assert api().containers.get(running).attrs["State"] == before
        stopped = workspace.ymir("jobs", "stop", STAGE)
        assert "stopped; `ymir apply --retry`" in stopped.stdout, stopped.stderr
        assert not containers(workspace)
        assert run.wait(30) == 1
    assert f"✗ {STAGE}: was stopped" in workspace.said
    assert workspace.data("jobs")[0]["state"] == "stopped"


def test_what_a_container_prints_is_read_while_it_runs(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", misbehaving("hang"), **ONE_ROUND)
    with applying(workspace) as run:
        wait_until_running(workspace)
        until(workspace, lambda jobs: bool(jobs) and jobs[0]["state"] == "running")
        assert first_words(workspace) == SAID
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 2
    assert workspace.ymir("jobs", "logs", STAGE).stdout == SAID, "it is kept"


def first_words(workspace: Workspace) -> str:
    """What a job that was just begun has printed, as soon as that is something."""
    deadline = time.monotonic() + 30
    while not (said := workspace.ymir("jobs", "logs", STAGE).stdout):
        assert time.monotonic() < deadline
    return said


def test_a_container_that_ended_while_nobody_looked_is_said_to_have(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", misbehaving("hang"), **ONE_ROUND)
    try:
        with applying(workspace) as run:
            running = wait_until_running(workspace)
            until(workspace, lambda jobs: bool(jobs) and jobs[0]["state"] == "running")
            assert first_words(workspace) == SAID
            run.kill()
        api().containers.get(running).kill()
        (job,) = workspace.data("jobs")
        assert (job["state"], "`ymir apply`" in job["why"]) == ("ended", True)
        assert workspace.ymir("jobs", "logs", STAGE).stdout == SAID
        assert running in containers(workspace), "looking changes nothing"
    finally:
        for each in containers(workspace):
            api().containers.get(each).remove(force=True)


def test_a_package_predicts_in_containers(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", blocks(), **ONE_ROUND)
    applied = workspace.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    done = workspace.ymir("predict", "pets/r1", "raw/test", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "30 images: " in done.stdout
    said = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert len({each["image_id"] for each in said["annotations"]}) == 30
    assert not containers(workspace)
    assert not list((workspace.root / ".ymir" / "jobs").glob("predict-*"))
