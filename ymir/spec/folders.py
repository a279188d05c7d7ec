"""Which folders datasets may be read from."""

import os
from collections.abc import Iterable
from pathlib import Path

_HINT = "add the folder to `paths` of a `Workspace` spec if that is intended"


def why_forbidden(path: str, allowed: Iterable[str], workspace: Path) -> str | None:
    """Why `path` may not be read; None if it lies in an allowed folder, links followed.

    The folder need not exist: a fresh clone may have no data yet.
    """
    if "\0" in path:
        return "must be the path of a folder"
    try:
        return _why_outside(path, tuple(allowed), workspace)
    except (OSError, RuntimeError) as error:  # a link that leads to itself, a name too long
        return f"cannot be followed: {error}"


def _why_outside(path: str, allowed: tuple[str, ...], workspace: Path) -> str | None:
    written = [_tidy(workspace / folder) for folder in allowed]
    real = [folder.resolve() for folder in written]
    place = _tidy(workspace / path)
    if not _is_in(place, [*written, *real]):
        return f"`{path}` is outside the folders that ymir may read: {_HINT}"
    if not _is_in(place.resolve(), real):
        outside = f"`{place.resolve()}`, outside the folders that ymir may read"
        return f"`{path}` leads to {outside}: {_HINT}"
    if ".git" in place.resolve().parts:
        return f"`{path}` is git's own"
    return None


def _tidy(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - `..` away, but links as they are


def _is_in(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
