"""An engine that stumbles at any call of a job's life: the job is done once, and leaves nothing."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import docker
import pytest

from tests.backends.programs import container as job
from tests.containers.base import DOCKER, swept
from tests.faults.engines import Between, Fault, between
from ymir.contracts.backend import Done, Job, Outcome, Running
from ymir.engine import client
from ymir.engine.client import Engine
from ymir.engine.containers import Containers
from ymir.errors import EngineError

pytestmark = [
    DOCKER,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # of Docker's SDK, at a broken socket
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
CODE = "open('out/x', 'a').write('.')\nprint('done')\n"
MORE = ("deaf", "odd") if os.environ.get("YMIR_SOAK") else ()
MOST = 40  # calls of a job's life, with a few looks while it runs


@pytest.fixture
def ill(tmp_path: Path) -> Iterator[Between]:
    with between(tmp_path, urlsplit(client.address()).path) as found:
        yield found
    assert not swept(tmp_path)


def engine(ill: Between) -> Engine:
    """A connection, made while all is well, that waits two seconds for an answer."""
    where = f"unix://{ill.path}"
    return Engine(docker.DockerClient(base_url=where, version="1.41", timeout=2), where)


def lived(ill: Between, each: Job, seconds: float = 30) -> tuple[Outcome, list[str]]:
    """How the job ends, if whoever is told of the engine comes again, as the next apply would."""
    told: list[str] = []
    deadline, backend = time.monotonic() + seconds, Containers(lambda: engine(ill), outage=0)
    outcome: Outcome = Running()
    is_begun = False
    while isinstance(outcome, Running) and time.monotonic() < deadline:
        try:
            if not is_begun:
                backend.start(each)
                is_begun = True
            outcome = backend.poll(each)
        except EngineError as error:
            told.append(str(error))
            backend, is_begun = Containers(lambda: engine(ill), outage=0), False
        time.sleep(0.3)
    return outcome, told


@pytest.mark.parametrize("fault", ["lost", "ill", "mute", *MORE])
def test_whatever_call_goes_wrong_the_job_is_done_once(
    ill: Between, fault: Fault, tmp_path: Path
) -> None:
    for number in range(1, MOST):
        ill.asked.clear()
        ill.faults = lambda call, number=number: fault if call == number else None
        folder = tmp_path / str(number)
        outcome, told = lived(ill, job(folder, CODE))
        at = f"{fault} at call {number} of {ill.asked}: {told}"
        assert isinstance(outcome, Done), f"{outcome} {at}"
        assert (folder / "job" / "out" / "x").read_text() == ".", at
        assert all("\n" not in each for each in told), at
        if len(ill.asked) < number:
            break
        if fault == "mute" and number == 6:
            break
