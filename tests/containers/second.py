"""An engine of a test's own, which may be ended and started again while the machine's goes on."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker

from tests.components import needs
from tests.containers.base import api, base
from ymir.engine.client import Engine

_MAY = os.getuid() == 0 and all(shutil.which(each) for each in ("dockerd", "unshare"))
DOCKERD = needs("dockerd", _MAY, "install docker.io, and run as root")


class Second:
    """`dockerd` with a network and mounts of its own, so that it leaves the machine's alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._clients: list[docker.DockerClient] = []

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"unix://{self.folder}/docker.sock"

    def engine(self) -> Engine:
        """A connection to it."""
        self._clients.append(docker.DockerClient(base_url=self.address, timeout=20))
        return Engine(self._clients[-1], self.address)

    def start(self, seconds: float = 30) -> None:
        """Start it, and wait until it answers."""
        places = {"data-root": "data", "exec-root": "exec", "pidfile": "docker.pid"}
        options = [f"--{option}={self.folder / name}" for option, name in places.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--net", "--mount", "dockerd", "--host", self.address, *options],
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + seconds
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.1)

    def end(self) -> None:
        """Ask it to end, as its service would; it ends its containers."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def close(self) -> None:
        """End it for good, and every connection to it."""
        self.end()
        for client in self._clients:
            client.close()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as attempt:
            return attempt.connect_ex(str(self.folder / "docker.sock")) == 0


@contextmanager
def second() -> Iterator[Second]:
    """A running engine with the base image."""
    folder = Path(tempfile.mkdtemp(prefix="ymir-test-"))
    made = Second(folder)
    try:
        made.start()
        made.engine().api.images.load(api().api.get_image(base()))
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
