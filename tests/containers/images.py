"""The images that tests run: executors that work, made of this machine's own environments."""

import functools
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from sysconfig import get_path
from typing import IO

from filelock import FileLock

from tests import sdk
from tests.containers.base import api, base, build
from tests.workspaces import EXECUTOR
from ymir.jobs.environment import folder_of, home_of, is_made
from ymir.jobs.program import image_of

HERE = Path(__file__).parent
PACKAGES = f"usr/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
HAS_DETECTOR = is_made(home_of("tinydet"), folder_of("tinydet") / "requirements.txt")
LABEL = "ymir-test-detector"

_UNUSED = (
    "torch/test/",
    "torch/include/",
    "torch/bin/protoc",
    "torch/bin/test_",
    "torch/share/",
    "pip/",
)


@functools.cache
def blocks() -> str:
    """The executor of `tests/colour_blocks.py`, which learns in milliseconds."""
    ours = Path(get_path("purelib"))
    names = ("PIL", "pillow.libs", "yaml")
    found = [ours / name for name in names if (ours / name).is_dir()]
    libraries = _libraries([path for folder in found for path in _binaries(folder)])
    packages = {f"{PACKAGES}/{folder.name}": folder for folder in found}
    return build(
        "blocks",
        {"app/main.py": EXECUTOR, **packages, **{str(path): path for path in libraries}},
        "ENV DEFAULT_ENV_FILE_PATH=/in/env.yaml",
        'CMD ["python3", "/app/main.py"]',
    )


@functools.cache
def written_on_the_sdk() -> str:
    """An executor on PyPI's `ymir-exc`, with its `start.sh`, as its authors would write it."""
    assert sdk.FOLDER is not None, "pip must reach PyPI once"
    files = {
        PACKAGES: sdk.FOLDER,
        "app/start.py": HERE / "ymir_exc_executor" / "start.py",
        "usr/bin/start.sh": "cd /app\npython3 /app/start.py\n",
    }
    return build("ymir-exc", files, "CMD sh /usr/bin/start.sh")


@functools.cache
def misbehaving(what: str, *instructions: str) -> str:
    """One that does one wrong thing: see `misbehaving.py`."""
    lines = instructions or (f'CMD ["python3", "/app/misbehaving.py", "{what}"]',)
    return build(f"misbehaving-{what}", {"app/misbehaving.py": HERE / "misbehaving.py"}, *lines)


@contextmanager
def detector() -> Iterator[str]:
    """TinyDet under the name that a workspace asks for, with its own environment's packages.

    It is large: one is kept. An image of that name that is not ours has it again afterwards.
    """
    name = image_of("tinydet")
    with FileLock(Path(tempfile.gettempdir()) / "ymir-test-detector.lock"):
        theirs = [each for each in api().images.list(name=name) if LABEL not in each.labels]
        made = api().images.list(all=True, filters={"label": f"{LABEL}={name}"})
        if made:
            made[0].tag(*name.split(":"))
        else:
            for old in api().images.list(all=True, filters={"label": LABEL}):
                api().images.remove(old.id, force=True)
            _make_detector(name)
        try:
            yield name
        finally:
            for each in theirs:
                each.tag(*name.split(":"))


def _make_detector(name: str) -> None:
    container = api().containers.create(base())
    settings = ['CMD ["python3", "/app/main.py"]', f"LABEL {LABEL}={name}"]
    settings += ["ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp"]
    reader, writer = os.pipe()
    try:
        with ThreadPoolExecutor(1) as pool, os.fdopen(reader, "rb") as file:
            written = pool.submit(_write_detector, os.fdopen(writer, "wb"))
            container.put_archive("/", file)
            written.result()
        container.commit(*name.split(":"), changes=settings)
    finally:
        container.remove(force=True)


def _write_detector(file: IO[bytes]) -> None:
    folder, packages = folder_of("tinydet"), _packages(home_of("tinydet"))
    with file, tarfile.open(fileobj=file, mode="w|") as tar:
        for name in ("main.py", "tinydet", "../kit/ymir_kit"):
            tar.add(folder / name, f"app/{Path(name).name}")
        tar.add(folder / "img-man", "img-man")
        for path in _used(packages):
            tar.add(path, f"{PACKAGES}/{path.relative_to(packages)}", recursive=False)
        for library in _libraries(_binaries(packages)):
            tar.add(library.resolve(), str(library).lstrip("/"))


def _packages(home: Path) -> Path:
    return next(home.glob("lib/python*/site-packages"))


def _used(packages: Path) -> Iterator[Path]:
    for path in sorted(packages.rglob("*")):
        name = path.relative_to(packages).as_posix()
        is_unused = name.startswith(_UNUSED)
        if path.is_file() and not is_unused:
            yield path


def _binaries(folder: Path) -> list[Path]:
    return [*folder.rglob("*.so"), *folder.rglob("*.so.*")]


def _libraries(binaries: list[Path]) -> set[Path]:
    """What the system lends to these."""
    said = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout
    return {Path(found) for found in re.findall(r"=> (/(?:usr/)?lib/\S+) \(0x", said)}
