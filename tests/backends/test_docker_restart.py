"""Engines that go away in the middle of a job, or live in another world."""

import gc
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.programs import FOREVER, until, wait
from tests.backends.programs import container as job
from tests.containers.base import DOCKER
from tests.containers.second import DOCKERD, Second, second
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Done, Running
from ymir.engine.containers import Containers
from ymir.errors import EngineError

pytestmark = [
    DOCKER,
    DOCKERD,
    # Docker's SDK forgets to close a socket that nobody listens to.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def engine() -> Iterator[Second]:
    with second() as made:
        yield made
    gc.collect()


def test_a_job_that_the_engine_took_along_is_tried_again(engine: Second, tmp_path: Path) -> None:
    backend = Containers(engine.engine)
    each = job(tmp_path, "open('out/begun', 'w').write('1')\n" + FOREVER)
    backend.start(each)
    until(attempts(each.folder)[0].out / "begun")
    engine.end()
    assert backend.poll(each) == Running()  # it may come back
    job(tmp_path, "open('out/x', 'w').close()")
    engine.start()
    assert isinstance(wait(backend, each), Done)
    assert len(attempts(each.folder)) == 2
    assert attempts(each.folder)[0].ending is None


def test_an_engine_that_stays_away_is_said_so_and_the_job_is_not_lost(
    engine: Second, tmp_path: Path
) -> None:
    backend = Containers(engine.engine, outage=0.2)
    each = job(tmp_path, FOREVER)
    backend.start(each)
    engine.end()
    assert backend.poll(each) == Running()
    time.sleep(0.3)
    with pytest.raises(EngineError, match="does not answer any more") as caught:
        backend.poll(each)
    assert "start it again" in (caught.value.hint or "")
    with pytest.raises(EngineError):
        backend.start(each)
    engine.start()
    assert isinstance(Containers(engine.engine).poll(each), Running)
    Containers(engine.engine).stop(each)


def test_a_folder_that_the_engine_does_not_see_is_named(engine: Second, tmp_path: Path) -> None:
    """As when ymir runs in a container, and talks to the engine outside."""
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], check=True)
    try:
        each = job(disk, "")
        with pytest.raises(EngineError, match=f"does not see the folder {each.folder}") as caught:
            Containers(engine.engine).start(each)
        assert "if ymir itself runs in a container" in (caught.value.hint or "")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)
