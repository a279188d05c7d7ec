"""The files of executors that ship with ymir: their own, and the kit that they share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from ymir.jobs.environment import folder_of

KIT = "kit"
# Of an executor's folder, what has no say in what it computes.
_SILENT = ("tests", "img-man", "Dockerfile", "README.md", "requirements-test.txt", "__pycache__")


def sources(bundled: str) -> Mapping[str, Path]:
    """What makes a bundled executor what it is: its files, by their paths below `executors/`."""
    folder = folder_of(bundled)
    root = folder.parent
    found = [*_walk(folder), *_walk(root / KIT)]
    return {path.relative_to(root).as_posix(): path for path in sorted(found)}


def source_digests(bundled: str) -> dict[str, str]:
    """The digest of each of these files."""
    files = sources(bundled).items()
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files}


def _walk(folder: Path) -> Iterable[Path]:
    for path in folder.iterdir():
        if path.name in _SILENT or path.name.startswith("."):
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path
