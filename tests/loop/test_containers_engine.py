"""An engine that goes away in the middle of a job, and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.base import DOCKER, api
from tests.containers.images import blocks
from tests.containers.second import DOCKERD, Second, second
from tests.containers.workspaces import SLOW, containers, job_of, make, wait_until_running
from tests.workspaces import ENVIRONMENT
from ymir.contracts.attempt import attempts
from ymir.engine.client import Engine

pytestmark = [DOCKER, DOCKERD]


@pytest.fixture(scope="module")
def other() -> Iterator[Second]:
    """An engine of our own, with the image of an executor."""
    with second() as engine:
        engine.engine().api.images.load(api().api.get_image(blocks()))
        yield engine


@pytest.fixture
def engine(other: Second, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine that ymir uses: that one."""
    monkeypatch.setitem(ENVIRONMENT, "DOCKER_HOST", other.address)
    return other.engine()


def test_a_restart_of_the_engine_costs_one_attempt(
    engine: Engine, other: Second, tmp_path: Path
) -> None:
    workspace = make(tmp_path / "pets", blocks(), **SLOW)
    run = workspace.start("apply")
    try:
        wait_until_running(workspace, engine)
        other.end()
        other.start()
        assert run.wait(90) == 0, workspace.said
    finally:
        run.kill()
        run.wait()
    assert [each.number for each in attempts(job_of(workspace))] == [1, 2]
    assert not containers(workspace, engine)


def test_an_engine_that_is_gone_is_an_error_and_the_rest_waits_for_it(
    engine: Engine, other: Second, tmp_path: Path
) -> None:
    workspace = make(tmp_path / "pets", blocks(), **SLOW)
    run = workspace.start("apply")
    try:
        wait_until_running(workspace, engine)
    finally:
        run.kill()
        run.wait()
    other.end()
    try:
        applied = workspace.ymir("apply")
    finally:
        other.start()
    assert applied.returncode == 1
    assert "error: no container engine answers at unix://" in applied.stderr
    assert "start Docker or Podman, or set DOCKER_HOST" in applied.stderr
    again = workspace.ymir("apply")
    assert again.returncode == 0, again.stdout + again.stderr
    assert not containers(workspace, engine)
