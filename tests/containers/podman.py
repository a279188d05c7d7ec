"""Podman behind Docker's interface, as a service of a test's own."""

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

PODMAN = needs(
    "podman",
    os.getuid() == 0 and shutil.which("podman") is not None,
    "install podman, catatonit and runc, and run as root",
)


@contextmanager
def podman() -> Iterator[Engine]:
    """A connection to a service that has the base image; it keeps all it stores to itself."""
    folder = Path(tempfile.mkdtemp(prefix="ymir-test-"))
    address = f"unix://{folder}/podman.sock"
    with (folder / "log").open("wb") as log:
        service = subprocess.Popen(
            [*_options(folder), "system", "service", "--time=0", address],
            stdout=log,
            stderr=log,
            env={**os.environ, "CONTAINERS_CONF": str(settings(folder))},
        )
    client: docker.DockerClient | None = None
    try:
        _await(folder / "podman.sock", service)
        client = docker.DockerClient(base_url=address, timeout=60)
        client.images.load(api().api.get_image(base()))
        yield Engine(client, address)
    finally:
        if client is not None:
            client.close()
        service.terminate()
        service.wait(20)
        subprocess.run(
            ["umount", "--lazy", folder / "root" / "overlay"], check=False, capture_output=True
        )
        shutil.rmtree(folder, ignore_errors=True)


def _options(folder: Path) -> list[str]:
    places = ["--root", str(folder / "root"), "--runroot", str(folder / "run")]
    return ["podman", *places, "--cgroup-manager=cgroupfs", "--runtime=runc"]


def settings(folder: Path) -> Path:
    """Podman wants more for containers than a small machine may give."""
    limits = '["nofile=4096:4096", "nproc=4096:4096"]'
    file = folder / "containers.conf"
    file.write_text(f'[containers]\ndefault_ulimits = {limits}\n[engine]\nevents_logger = "file"\n')
    return file


def _await(listens: Path, service: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with socket.socket(socket.AF_UNIX) as attempt:
            if attempt.connect_ex(str(listens)) == 0:
                return
        assert service.poll() is None, (listens.parent / "log").read_text()[-2000:]
        assert time.monotonic() < deadline, "it does not answer"
        time.sleep(0.05)
