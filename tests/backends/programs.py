"""Jobs that run a few lines of Python, whatever the backend, and how to wait for them."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.containers.base import base
from ymir.contracts.backend import Backend, Done, Failed, Job, Outcome, Running

FOREVER = "import time; time.sleep(60)"
IGNORE_TERM = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
Maker = Callable[..., Job]


def process(tmp_path: Path, code: str, **changes: object) -> Job:
    """A job of the `process` backend, in `tmp_path/job`."""
    program = _written(tmp_path, code)
    return Job("job", (sys.executable, str(program)), tmp_path / "job", **changes)  # type: ignore[arg-type]


def container(tmp_path: Path, code: str, **changes: object) -> Job:
    """A job of the `docker` backend, in `tmp_path/job`."""
    _written(tmp_path, code)
    settings = {"image": base(), **changes}
    return Job("job", ("python3", "/in/program.py"), tmp_path / "job", **settings)  # type: ignore[arg-type]


def pod(tmp_path: Path, code: str, **changes: object) -> Job:
    """A job of the `kubernetes` backend, in `tmp_path/job`; no image is looked at."""
    _written(tmp_path, code)
    settings = {"image": "python:3", **changes}
    return Job("job", ("python3", "/in/program.py"), tmp_path / "job", **settings)  # type: ignore[arg-type]


MAKERS: dict[str, Maker] = {
    "process": process,
    "slurm": process,
    "docker": container,
    "podman": container,
    "kubernetes": pod,
}


def wait(backend: Backend, each: Job, seconds: float = 20) -> Outcome:
    """How the job ended, or how it stands after so long."""
    deadline = time.monotonic() + seconds
    while isinstance(outcome := backend.poll(each), Running) and time.monotonic() < deadline:
        time.sleep(0.01)
    return outcome


def until(path: Path, seconds: float = 10) -> str:
    """The text of a file that a job is about to write."""
    deadline = time.monotonic() + seconds
    while not (path.exists() and path.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return path.read_text()


def failure(backend: Backend, each: Job, seconds: float = 30) -> str:
    """Why the job failed."""
    backend.start(each)
    outcome = wait(backend, each, seconds)
    assert isinstance(outcome, Failed)
    assert "\n" not in outcome.why
    return outcome.why


def success(backend: Backend, each: Job) -> Path:
    """What the job wrote."""
    backend.start(each)
    outcome = wait(backend, each)
    assert isinstance(outcome, Done), outcome
    return each.folder / "out"


def _written(tmp_path: Path, code: str) -> Path:
    program = tmp_path / "job" / "in" / "program.py"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(code)
    return program
