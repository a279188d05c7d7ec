"""Lists of images that people picked, e.g. in a report: a digest per line."""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath

from ymir.spec.complaints import shown

_DIGEST = re.compile(r"[0-9a-f]{32}")
_LARGEST = 5_000_000  # bytes: more than 100,000 images
_HINT = "export the selection of a report to it"
_SHOWN = 3  # lines of a list that are named


def read_picked(workspace: Path, files: Iterable[str]) -> dict[str, str]:
    """Each image that the lists name, once and in their order, with the list that names it first.

    What `why_unfit` complains of is left out.
    """
    picked: dict[str, str] = {}
    for file in files:
        for _, line in _lines(_read(workspace, file)):
            if _DIGEST.fullmatch(line):
                picked.setdefault(line, file)
    return picked


def digest_of_picked(images: Iterable[str]) -> str:
    """What stands for the images in recipes; comments and repeated lines do not matter."""
    return sha256("\n".join(images).encode()).hexdigest()


def why_unfit(path: str, workspace: Path) -> Iterator[str]:
    """Everything that is wrong with the list at `path`, a path in the workspace."""
    if why := why_unreadable(path, workspace):
        yield why
        return
    text = _read(workspace, path)
    wrong = [(number, line) for number, line in _lines(text) if not _DIGEST.fullmatch(line)]
    for number, line in wrong[:_SHOWN]:
        yield f"`{path}`, line {number}: {shown(line)} is not an image's digest, 32 hex digits"
    if len(wrong) > _SHOWN:
        lines = _rest([number for number, _ in wrong[_SHOWN:]])
        yield f"`{path}`: neither is line {lines}"


def why_unreadable(path: str, workspace: Path, *, hint: str = _HINT) -> str | None:
    """Why `path` is no text file in the workspace that can be read; `hint` if it is not there."""
    if "\0" in path or PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        return f"{shown(path)} must be the path of a file in the workspace, without `..`"
    place = workspace / path
    try:
        if not place.resolve().is_relative_to(workspace.resolve()):
            return f"`{path}` leads out of the workspace"
        if ".git" in place.resolve().relative_to(workspace.resolve()).parts:
            return f"`{path}` is git's own"
        if not place.exists():
            return f"there is no file `{path}`: {hint}"
        if not place.is_file():
            return f"`{path}` is not a file"
        if place.stat().st_size > _LARGEST:
            return f"`{path}` is larger than {_LARGEST:,} bytes"
        _read(workspace, path)
    except (OSError, RuntimeError, UnicodeDecodeError) as error:  # a link to itself, a long name
        return f"`{path}` cannot be read: {error}"
    return None


def _read(workspace: Path, path: str) -> str:
    return (workspace / path).read_text(encoding="utf-8-sig")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """What stands in each line that says something, with its number."""
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped.lower()


def _rest(numbers: Sequence[int]) -> str:
    named = ", ".join(map(str, numbers[:_SHOWN]))
    return f"{named} and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else named
