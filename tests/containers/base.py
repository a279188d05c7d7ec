"""Small images without a registry: this machine's own Python, and what tests put on top of it."""

import functools
import hashlib
import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import docker
from filelock import FileLock

from tests.components import needs
from ymir.engine.client import Engine, connect
from ymir.errors import EngineError

PROGRAMS = ("cat", "chown", "cp", "env", "false", "id", "ls", "mkdir", "rm", "sleep", "true")
UNUSED = {
    "__pycache__",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "test",
    "tests",
    "tkinter",
    "turtledemo",
}
UNUSED |= {"dist-packages", "site-packages"}
ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "etc/group": "root:x:0:\nnogroup:x:65534:\n",
}
SETTINGS = ["ENV PATH=/usr/local/bin:/usr/bin:/bin", "CMD /usr/bin/python3"]
File = str | bytes | Path  # a text, bytes, or a file or folder of this machine


@functools.cache
def engine() -> Engine | None:
    """The engine of this machine, if one answers."""
    try:
        return connect()
    except EngineError:
        return None


DOCKER = needs("docker", engine() is not None, "start Docker, or run .ci/run as root")


def api() -> docker.DockerClient:
    """The engine's interface; fails where there is none."""
    found = engine()
    assert found is not None, "no container engine answers"
    return found.api


@functools.cache
def base() -> str:
    """An image with Python's standard library, a shell and a few programs; made once a machine."""
    python = Path(sys.executable).resolve()
    made_of = f"{sys.version} {python} {python.stat().st_mtime_ns} {Path(__file__).read_text()}"
    name = f"ymir-test/base:{_digest(made_of.encode())}"
    with _alone():
        if not _is_there(name):
            repository, tag = name.split(":")
            api().api.import_image_from_data(_tar(_python(python)), repository, tag, SETTINGS)
    return name


def build(name: str, files: Mapping[str, File], *instructions: str) -> str:
    """The image `ymir-test/<name>:<digest>`: the base, `files` by their paths in it, and a
    Dockerfile's further lines (`CMD ["python3", "/app/main.py"]`). Kept, and made once.
    """
    lines = [f"FROM {base()}", *(["COPY root /"] if files else []), *instructions]
    placed = {f"root/{path.lstrip('/')}": each for path, each in files.items()}
    context = _tar(_entries({"Dockerfile": "\n".join(lines) + "\n", **placed}))
    tag = f"ymir-test/{name}:{_digest(context)}"
    with _alone():
        if not _is_there(tag):
            api().images.build(
                fileobj=io.BytesIO(context), custom_context=True, tag=tag, rm=True, forcerm=True
            )
    return tag


def containers(folder: Path) -> list[str]:
    """The names of all containers, running or not, of jobs below the folder."""
    found = api().api.containers(all=True, filters={"label": "ymir.folder"})
    below = [each for each in found if each["Labels"]["ymir.folder"].startswith(f"{folder}/")]
    return [each["Names"][0].lstrip("/") for each in below]


def swept(folder: Path) -> list[str]:
    """Take away what a test left there, and say what it was."""
    left = containers(folder)
    for name in left:
        api().api.remove_container(name, force=True)
    return left


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _alone() -> FileLock:
    return FileLock(Path(tempfile.gettempdir()) / f"ymir-test-images-{os.getuid()}.lock")


def _is_there(name: str) -> bool:
    return bool(api().images.list(name=name))


def _tar(entries: Iterator[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for entry, content in entries:
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def _entries(files: Mapping[str, File]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Files and whole folders, always in the same order and of the same age."""
    for name, file in sorted(files.items()):
        if not isinstance(file, Path):
            yield _file(name, file.encode() if isinstance(file, str) else file)
        elif file.is_dir():
            for path in sorted(each for each in file.rglob("*") if each.is_file()):
                if "__pycache__" not in path.parts:
                    yield _copy(path, f"{name}/{path.relative_to(file)}")
        else:
            yield _copy(file, name)


def _file(name: str, content: bytes, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name.lstrip("/"))
    entry.size, entry.mode = len(content), mode
    return entry, content


def _copy(path: Path, name: str) -> tuple[tarfile.TarInfo, bytes]:
    return _file(name, path.read_bytes(), path.stat().st_mode & 0o777 | 0o444)


def _python(python: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """The interpreter below `/usr`, wherever it lies here; libraries where it looks for them."""
    for folder in ("bin", "etc", "proc", "sys", "dev", "in", "out", "root"):
        yield _folder(folder)
    yield _folder("tmp", 0o1777)
    library = Path(sysconfig.get_path("stdlib"))
    modules = [path for path in sorted(library.rglob("*")) if _is_used(path, library)]
    binaries = [path for path in modules if path.suffix == ".so"]
    programs = {name: Path("/usr/bin") / name for name in PROGRAMS}
    shell = Path("/bin/sh").resolve()
    for path in _libraries([python, shell, *programs.values(), *binaries]):
        yield _copy(path, str(path))
    for path in modules:
        yield _copy(path, f"usr/lib/{library.name}/{path.relative_to(library)}")
    for name, path in {"python3": python, "sh": shell, **programs}.items():
        yield _copy(path, f"usr/bin/{name}")
    yield _link("bin/sh", "/usr/bin/sh")
    yield _link("usr/local/bin/python3", "/usr/bin/python3")
    for name, text in ACCOUNTS.items():
        yield _file(name, text.encode(), 0o644)


def _is_used(path: Path, library: Path) -> bool:
    parts = path.relative_to(library).parts
    if UNUSED & set(parts) or any(part.startswith("config-") for part in parts):
        return False
    return path.is_file() and path.suffix != ".a"


def _libraries(binaries: list[Path]) -> list[Path]:
    found: set[str] = set()
    for binary in binaries:
        said = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False).stdout
        found.update(re.findall(r"(?:=> )?(/\S+) \(0x", said))
    return [Path(each) for each in sorted(found)]


def _folder(name: str, mode: int = 0o755) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, mode
    return entry, b""


def _link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry, b""
