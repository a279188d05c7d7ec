"""A repository whose files people or git change right now: whoever waits for its end looks here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
}
_LOCK = "index.lock"  # git writes the files of a checkout while it holds this
_POINTER = re.compile(r"gitdir: (.+)")
_SMALL = 4096


def git_folder(workspace: Path) -> Path | None:
    """Where git keeps what belongs to this work tree; None outside of any."""
    for folder in (workspace, *workspace.parents):
        found = folder / ".git"
        if found.is_dir():
            return found
        if found.is_file():  # a work tree of its own, or a submodule
            named = _POINTER.match(_start_of(found))
            return (folder / named[1].strip()).resolve() if named else None
    return None


def is_writing(git: Path | None) -> bool:
    """Whether a git command is changing files here."""
    return git is not None and (git / _LOCK).exists()


def under_way(git: Path | None) -> str | None:
    """What people have begun and not ended: a commit in the midst of it would be part of it."""
    if git is None:
        return None
    return next((what for name, what in _UNDER_WAY.items() if (git / name).exists()), None)


def heads(git: Path | None) -> Iterator[Path]:
    """The files that change whenever another commit is the newest."""
    if git is not None:
        yield git / "HEAD"
        yield git / "logs" / "HEAD"


def _start_of(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as text:
            return text.read(_SMALL)
    except OSError:
        return ""
