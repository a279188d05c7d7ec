"""A real registry on loopback, with a password, for tests that push and pull."""

import base64
import io
import json
import os
import shutil
import socket
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from docker.errors import ImageNotFound

from tests.components import needs
from tests.containers.base import api, engine

USER, PASSWORD = "ymir", "open-sesame"
HASH = "$2y$05$DZKqxJHxm0oyL6DoubgsHeAh90Lyvc9a/3DS6NcxRa9e48b5gObL."  # of the password, by bcrypt
CONFIG = """\
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {folder}/blobs}}
http: {{addr: "127.0.0.1:{port}"}}
auth:
  htpasswd: {{realm: tests, path: {folder}/passwords}}
"""
PROGRAM = shutil.which("docker-registry")
REGISTRY = needs(
    "registry",
    PROGRAM is not None and engine() is not None,
    "apt-get install docker-registry, and start Docker",
)


@dataclass(frozen=True)
class Registry:
    """Where it listens."""

    host: str
    ids: list[str] = field(default_factory=list)  # of what was pushed

    def push(self, image: str, name: str) -> str:
        """Move a local image there, under this name, and return the reference."""
        self.ids.append(api().images.get(image).id)
        reference = f"{self.host}/{name}"
        repository, _, tag = reference.rpartition(":")
        api().api.tag(image, repository, tag)
        credentials = {"username": USER, "password": PASSWORD}
        said = api().api.push(repository, tag, stream=True, decode=True, auth_config=credentials)
        assert not [each for each in said if "error" in each]
        for tag in (reference, image):
            api().images.remove(tag)
        return reference


@contextmanager
def serving(folder: Path, port: int | None = None) -> Iterator[Registry]:
    """A registry whose files lie in the folder, for as long as this is open."""
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port or 0))
        port = free.getsockname()[1]
    (folder / "passwords").write_text(f"{USER}:{HASH}\n")
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder, port=port))
    with (folder / "log.txt").open("a") as log:
        command = [str(PROGRAM), "serve", str(folder / "config.yaml")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _await(f"http://127.0.0.1:{port}/v2/", process)
        registry = Registry(f"127.0.0.1:{port}")
        yield registry
        forget(registry.ids)
    finally:
        process.terminate()
        process.wait(10)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None, "the registry does not start"
        try:
            urllib.request.urlopen(url, timeout=1)  # noqa: S310 - our own address
        except urllib.error.HTTPError:
            return  # it wants a password
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the registry does not answer")


def log_in(folder: Path, host: str, password: str = PASSWORD) -> dict[str, str]:
    """Docker's own configuration with credentials, as `docker login` writes it; the variable."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": secret}}}))
    return {"DOCKER_CONFIG": str(folder)}


def forget(ids: Iterable[str]) -> None:
    """Take images off this machine, whatever they are called."""
    for each in ids:
        with suppress(ImageNotFound):
            api().images.remove(each, force=True)


def image(name: str) -> str:
    """A local image of two layers, new each time, with nothing in it that runs."""
    files = {"one": os.urandom(3_000_000), "two": os.urandom(2_000_000)}
    dockerfile = "FROM scratch\nCOPY one /one\nCOPY two /two\nCMD /one\n"
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, content in {"Dockerfile": dockerfile.encode(), **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    tag = f"ymir-test/layers:{name}"
    api().images.build(
        fileobj=io.BytesIO(context.getvalue()), custom_context=True, tag=tag, rm=True
    )
    return tag
