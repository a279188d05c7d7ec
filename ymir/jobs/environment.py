"""The Python environments that executors which ship with ymir run in: theirs, never ymir's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ymir.errors import PluginError
from ymir.plugins import nearest
from ymir.resources import resource

_REQUIREMENTS = "requirements.txt"
_ORDERS = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS")  # to pip, by the user
_MARK = "requirements-installed.txt"  # written last: what is unfinished has none


def bundled() -> tuple[str, ...]:
    """The names of the executors that ship with ymir."""
    return tuple(sorted(file.parent.name for file in resource("executors").glob("*/main.py")))


def folder_of(name: str) -> Path:
    """The folder of an executor that ships with ymir."""
    if name not in bundled():
        raise PluginError(
            f"no executor called `{name}` ships with ymir", hint=nearest(name, bundled())
        )
    return resource("executors") / name


def home_of(name: str) -> Path:
    """Where the executor's environment belongs: beside it in a checkout, else in the cache."""
    folder = folder_of(name)
    if folder.parent.parent.name != "bundled":
        return folder / ".venv"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "ymir" / "executors" / name


def python_of(name: str) -> Path:
    """The executor's Python; an error that says what to do when it is not there."""
    home = home_of(name)
    if not is_made(home, folder_of(name) / _REQUIREMENTS):
        raise PluginError(
            f"executor `{name}` is not set up on this machine",
            hint=f"run `ymir executor setup {name}`",
        )
    return home / "bin" / "python"


def is_made(home: Path, requirements: Path) -> bool:
    """Whether the environment holds what the requirements ask for now."""
    mark = home / _MARK
    return mark.is_file() and mark.read_bytes() == requirements.read_bytes()


def set_up(name: str) -> Path:
    """Make the executor's environment, unless it is there; return where."""
    home = home_of(name)
    make(home, folder_of(name) / _REQUIREMENTS)
    return home


def make(home: Path, requirements: Path) -> None:
    """Make a virtual environment with these packages, or finish one that was begun."""
    if is_made(home, requirements):
        return
    _run([sys.executable, "-m", "venv", str(home)], "install Python's `venv` module")
    python = str(home / "bin" / "python")
    command = [python, "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
    _run(
        [*command, *_cpu_builds(requirements.parent)], "check the network, and what pip says above"
    )
    shutil.copyfile(requirements, home / _MARK)


def _cpu_builds(folder: Path) -> list[str]:
    """Where CPU builds come from, on a machine without NVIDIA's driver and without other orders."""
    listed = folder / "requirements-cpu.txt"
    has_orders = any(os.environ.get(name) for name in _ORDERS)
    if has_orders or shutil.which("nvidia-smi") or not listed.is_file():
        return []
    return ["--requirement", str(listed)]


def _run(command: list[str], hint: str) -> None:
    """Run a command whose words go straight to the terminal."""
    if subprocess.run(command, check=False).returncode:  # noqa: S603 - our own words and paths
        raise PluginError(f"this failed: {' '.join(command)}", hint=hint)
