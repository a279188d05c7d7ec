"""What an `Executor` spec runs: its command line, and a digest that changes with its code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.jobs.environment import folder_of, python_of
from ymir.spec.executor import ExecutorSpec, seconds

# Of a bundled executor's folder, what has no say in what it computes.
_SILENT = ("tests", "img-man", "Dockerfile", "README.md", "requirements-test.txt", "__pycache__")


@dataclass(frozen=True)
class Program:
    """An executor, ready to be run; nothing is demanded of the machine before `command` is read."""

    digest: str
    bundled: str | None = None
    words: tuple[str, ...] = ()

    @property
    def command(self) -> tuple[str, ...]:
        """Program and arguments, none for an image; an error when the executor is not set up."""
        if self.bundled is None:
            return self.words
        return (str(python_of(self.bundled)), *self.words)


def program(spec: ExecutorSpec, workspace: Path) -> Program:
    """How the executor is run from this workspace, and which executor it is."""
    if spec.image is not None:
        return Program(_digest(spec, {"image": spec.image}))
    if spec.bundled is not None:
        folder = folder_of(spec.bundled)
        files = _digests(folder, _sources(folder))
        main = (str(folder / "main.py"),)
        return Program(_digest(spec, files), spec.bundled, main)
    own = [word for word in spec.command if _is_ours(workspace, word)]
    words = tuple(str(workspace.resolve() / word) if word in own else word for word in spec.command)
    digest = _digest(spec, {"command": list(spec.command), **_digests(workspace, own)})
    return Program(digest, words=words)


def job_in(folder: Path, spec: ExecutorSpec, workspace: Path) -> Job:
    """The job whose `in/` lies in `folder`, called like it, as the executor's spec wants it run."""
    return Job(
        name=folder.name,
        command=program(spec, workspace).command,
        folder=folder,
        image=spec.image,
        env=spec.env,
        gpus=spec.resources.gpus,
        memory=spec.resources.memory,
        shm=spec.resources.shm,
        timeout=seconds(spec.resources.timeout),
    )


def _is_ours(workspace: Path, word: str) -> bool:
    """Whether a word of a command names a file of the workspace."""
    try:
        path = (workspace / word).resolve()
        return path.is_file() and path.is_relative_to(workspace.resolve())
    except (OSError, ValueError):
        return False


def _sources(folder: Path) -> list[str]:
    """The files of a bundled executor that make it what it is."""
    below = (path.relative_to(folder) for path in _walk(folder))
    return sorted(path.as_posix() for path in below)


def _walk(folder: Path) -> Iterable[Path]:
    for path in folder.iterdir():
        if path.name in _SILENT or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path


def _digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _digest(spec: ExecutorSpec, parts: Mapping[str, object]) -> str:
    """32 hex digits; resources have no say, as they change no result."""
    canonical = json.dumps({"env": spec.env, **parts}, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
