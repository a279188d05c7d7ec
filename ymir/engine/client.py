"""The connection to the container engine: Docker, or Podman through the same interface."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import DockerException

from ymir.engine.facts import Facts, facts
from ymir.engine.faults import gone
from ymir.errors import EngineError

_PATIENCE = 60  # seconds for one answer of the engine
_SOCKETS = ("/var/run/docker.sock", "{run}/docker.sock", "{run}/podman/podman.sock")
_LOCAL = ("", "unix", "npipe", "http+unix")
UNREACHABLE = (DockerException, requests.exceptions.RequestException)


@dataclass(frozen=True)
class Engine:
    """An engine that has answered."""

    api: docker.DockerClient
    where: str = ""  # its address

    @cached_property
    def facts(self) -> Facts:
        """What it says of itself."""
        has_hook = shutil.which("nvidia-container-runtime-hook") is not None
        try:
            version, says = self.api.version(), self.api.info()
        except UNREACHABLE as error:
            raise gone(reason(error)) from error
        return facts(version, says, has_hook=has_hook, is_users_own=self._is_users_own)

    @property
    def is_podman(self) -> bool:
        """Whether Podman answers to Docker's calls: some of its answers differ."""
        return self.facts.is_podman

    @property
    def _is_users_own(self) -> bool:
        try:
            return Path(urlsplit(self.where).path).stat().st_uid != 0
        except OSError:
            return False

    @property
    def since(self) -> float:
        """When the engine was started, in seconds since 1970; 0 where it does not say."""
        try:
            return Path(urlsplit(self.where).path).with_suffix(".pid").stat().st_mtime
        except OSError:
            return 0.0


def connect(patience: int = _PATIENCE) -> Engine:
    """The engine of `DOCKER_HOST`, or the first whose socket is there; an error if none answers."""
    where = address()
    if where.startswith("unix:") and not Path(urlsplit(where).path).exists():
        raise EngineError(f"no container engine answers at {where}", hint=_hint(where))
    try:
        api = docker.DockerClient(base_url=where, version="auto", timeout=patience)
        api.ping()
    except UNREACHABLE as error:
        raise EngineError(
            f"no container engine answers at {where}: {reason(error)}", hint=_hint(where)
        ) from error
    return Engine(api, where)


def address() -> str:
    """Where the engine listens; its machine must be this one, because jobs are folders here."""
    if told := os.environ.get("DOCKER_HOST"):
        if urlsplit(told).scheme not in _LOCAL:
            raise EngineError(
                f"the engine of DOCKER_HOST={told} is not on this machine, where jobs are folders",
                hint="unset DOCKER_HOST, or run ymir on that machine",
            )
        return told
    run = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    sockets = [each.format(run=run) for each in _SOCKETS]
    return "unix://" + next((each for each in sockets if Path(each).exists()), sockets[0])


def reason(error: Exception) -> str:
    """The end of a chain of exceptions, where the operating system says what is wrong."""
    while isinstance(cause := error.__cause__ or error.__context__, Exception):
        error = cause
    return getattr(error, "strerror", None) or " ".join(str(error).split())


def _hint(where: str) -> str:
    path = Path(urlsplit(where).path)
    if path.exists() and not os.access(path, os.W_OK):
        return f"you may not write to {path}: join its group (`docker`), and log in again"
    return "start Docker or Podman, or set DOCKER_HOST; or choose `backend: process`"
