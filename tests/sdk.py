"""The SDK that executors of 2022 are written with, from PyPI, in a folder of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from tests.components import needs

PACKAGES = ("ymir-exc==1.1.0.523", "pydantic==1.9.2", "typing_extensions", "PyYAML")


def installed() -> Path | None:
    """The folder to put on `PYTHONPATH`, filled on first use; None where PyPI is out of reach."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ymir-tests"
    folder = cache / f"ymir-exc-1.1.0.523-py{sys.version_info.major}{sys.version_info.minor}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        return folder if folder.is_dir() or _install(folder) else None


def _install(folder: Path) -> bool:
    """Fill the folder, all or nothing; no dependency is followed, they are all named."""
    part = Path(tempfile.mkdtemp(dir=folder.parent))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--retries", "1"]
    done = subprocess.run(
        [*pip, "--target", str(part), *PACKAGES], check=False, capture_output=True
    )
    if done.returncode == 0:
        part.rename(folder)
    shutil.rmtree(part, ignore_errors=True)
    return done.returncode == 0


FOLDER = installed()
needs_sdk = needs("ymir-exc", FOLDER is not None, "pip must reach PyPI once")
