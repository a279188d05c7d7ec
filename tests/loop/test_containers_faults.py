"""Kills, stops and lost containers: nothing is left behind, and nothing is done twice."""

import signal
import time
from pathlib import Path

import pytest

from tests.containers.base import DOCKER, api
from tests.containers.images import blocks
from tests.containers.workspaces import (
    ONE_ROUND,
    SLOW,
    applying,
    containers,
    job_of,
    make,
    specify,
    started_since,
    wait_until_running,
)
from ymir.contracts.attempt import attempts

pytestmark = DOCKER


def test_a_killed_run_leaves_its_container_and_the_next_adopts_it(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", blocks(), **SLOW)
    since = time.time()
    with applying(workspace) as run:
        training = wait_until_running(workspace)
        run.kill()
    assert containers(workspace) == {training: "running"}
    applied = workspace.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert started_since(since, workspace, "pets-r1-train-") == [training]
    recorded = [each["stage"] for each in workspace.events() if each["event"] == "recorded"]
    assert recorded.count("pets/r1/train") == 1
    assert [each.number for each in attempts(job_of(workspace))] == [1]
    assert not containers(workspace)


def test_what_ended_while_no_ymir_was_there_is_recorded_and_not_done_again(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", blocks(), **SLOW)
    since = time.time()
    with applying(workspace) as run:
        training = wait_until_running(workspace)
        run.kill()
    assert api().containers.get(training).wait()["StatusCode"] == 0
    applied = workspace.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert started_since(since, workspace, "pets-r1-train-") == [training]
    assert not containers(workspace)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_the_container_and_the_next_run_goes_on(
    tmp_path: Path, sign: signal.Signals
) -> None:
    workspace = make(tmp_path / "pets", blocks(), **SLOW)
    with applying(workspace) as run:
        wait_until_running(workspace)
        run.send_signal(sign)
    assert run.returncode == 2, workspace.said
    assert "goes on from here" in workspace.said
    assert "running" not in containers(workspace).values()
    specify(workspace, blocks(), **ONE_ROUND)
    applied = workspace.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert not containers(workspace)


def test_a_container_that_somebody_removed_is_begun_again(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", blocks(), **SLOW)
    with applying(workspace) as run:
        api().containers.get(wait_until_running(workspace)).remove(force=True)
    assert run.returncode == 0, workspace.said
    assert [each.number for each in attempts(job_of(workspace))] == [1, 2]
    assert not containers(workspace)
