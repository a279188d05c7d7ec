"""Containers on the engine, by name: made, looked at, ended, and taken away."""

from __future__ import annotations

import codecs
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests
from docker.errors import APIError, DockerException, NotFound
from pydantic import JsonValue
from urllib3.exceptions import HTTPError

from ymir.contracts.backend import Job
from ymir.engine import logs
from ymir.engine.client import Engine, reason
from ymir.engine.container import GPUS
from ymir.engine.faults import NameTakenError, fault, gone
from ymir.engine.state import State, last_stamped, read_state
from ymir.errors import EngineError

_PIECE = 1 << 16
_ENDING, _LOOKS = "no such process", 3
_TAIL = 2000  # bytes
_AT_ONCE = 0.5  # seconds within which nobody knows what was printed first


def look(engine: Engine, name: str) -> State | None:
    """How the container stands; None if there is none of that name."""
    with _answering():
        try:
            return read_state(_inspected(engine, name))
        except NotFound:
            return None


def _inspected(engine: Engine, name: str) -> dict[str, JsonValue]:
    """What the engine says of a container.

    Podman refuses, once, where the process ends while it is looked at.
    """
    for _ in range(_LOOKS):
        try:
            return dict(engine.api.api.inspect_container(name))
        except APIError as error:
            if _ENDING not in str(error.explanation):
                raise
    return dict(engine.api.api.inspect_container(name))


def begin(engine: Engine, job: Job, name: str, body: Mapping[str, JsonValue]) -> None:
    """Make the container and start it; one that cannot be started is taken away."""
    api = engine.api.api
    with _answering():
        try:
            made = api.create_container_from_config(dict(body), name)  # type: ignore[no-untyped-call]  # so typed
        except APIError as error:
            raise fault(job, str(error.explanation), error.status_code) from error
        try:
            api.start(made["Id"])
        except APIError as error:
            api.remove_container(made["Id"], force=True)
            raise fault(job, str(error.explanation), error.status_code) from error


def signal(engine: Engine, name: str, number: str) -> None:
    """Send the program a signal, if it still runs."""
    with _answering(), _if_there():
        engine.api.api.kill(name, number)


def end(engine: Engine, name: str, patience: float) -> None:
    """Ask the program to end, wait for it, and end it after so many seconds."""
    with _answering(), _if_there():
        engine.api.api.stop(name, timeout=math.ceil(patience))


def remove(engine: Engine, name: str) -> None:
    """Take the container away, whatever it does."""
    with _answering(), _if_there():
        engine.api.api.remove_container(name, force=True, v=True)


def save_log(engine: Engine, name: str, file: Path) -> str:
    """Write what the program printed to `file`, of a flood the end; return the last of it."""
    with _answering():
        pieces = engine.api.api.logs(name, stream=True, stdout=True, stderr=True)
        return logs.save_log(pieces, file)


def complaint(engine: Engine, name: str) -> str:
    """The last line on stderr, if it was as good as the last of all; else nothing.

    The engine reads stdout and stderr apart: of a flood on one, the end may be kept after what was
    printed later on the other.
    """
    with _answering():
        logs, errors = engine.api.api.logs, b""
        for piece in logs(name, stream=True, stdout=False, stderr=True, timestamps=True):
            errors = (errors + piece)[-_PIECE:]
        others = logs(name, stdout=True, stderr=False, timestamps=True, tail=1)
    said, at = last_stamped(errors.decode(errors="replace"))
    _, end = last_stamped(others.decode(errors="replace"))
    is_progress = "\r" in said  # a bar that draws over itself
    return "" if is_progress or at < end - _AT_ONCE else said


def printed(engine: Engine, name: str, *, follow: bool) -> Iterator[str]:
    """What the program prints, in pieces; with `follow`, until it has ended."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    with _answering(), _if_there():
        logs = engine.api.api.logs(name, stream=True, follow=follow, stdout=True, stderr=True)
        for piece in logs:
            yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def run_to_its_end(engine: Engine, name: str, job: Job, body: Mapping[str, JsonValue]) -> str:
    """Run a short program in a container of its own; return what it complained about."""
    try:
        begin(engine, job, name, body)
    except NameTakenError:
        remove(engine, name)
        begin(engine, job, name, body)
    with _answering():
        code = engine.api.api.wait(name)["StatusCode"]
        said = engine.api.api.logs(name).decode(errors="replace")
    remove(engine, name)
    return (said.strip() or f"exit code {code}") if code else ""


def gpus_in_use(engine: Engine) -> frozenset[str]:
    """The ids of all GPUs that ymir's running containers were given, whoever started them."""
    with _answering():
        running = engine.api.api.containers(filters={"label": GPUS})
    said = (each["Labels"].get(GPUS, "") for each in running)
    return frozenset(gpu for each in said for gpu in each.split(",") if gpu)


@contextmanager
def _answering() -> Iterator[None]:
    """Tell an engine that refuses from one that does not answer."""
    try:
        yield
    except APIError as error:
        raise EngineError(f"the container engine refused: {error.explanation}") from error
    except (DockerException, requests.exceptions.RequestException, HTTPError) as error:
        raise gone(reason(error)) from error


@contextmanager
def _if_there() -> Iterator[None]:
    """A container that is gone, or has ended, is as it should be."""
    try:
        yield
    except APIError as error:
        if error.status_code not in (404, 409):
            raise
