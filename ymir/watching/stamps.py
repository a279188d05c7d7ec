"""What people change in a workspace: its specs, its commits, and what they drop into `labels/`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from stat import S_ISDIR

from ymir.watching.repository import git_folder, heads, under_way

Stamp = tuple[str, int, int, int]
_PATTERNS = ("specs/**/*.y*ml", "labels/*/*", "labels/*/*/*")
_OURS = "images"  # of a batch
_MOVING: tuple[Stamp, ...] = (("a folder has just gone", 0, 0, 0),)


def stamps(root: Path) -> tuple[Stamp, ...]:
    """Another value whenever people edit a spec, commit, pull, or drop answers."""
    try:
        return tuple(_stamps(root))
    except OSError:  # a folder went while it was looked at
        return _MOVING


def spec_stamps(root: Path) -> tuple[Stamp, ...]:
    """Another value whenever a spec is edited."""
    try:
        return tuple(_each(root.glob(_PATTERNS[0])))
    except OSError:
        return _MOVING


def folders(root: Path) -> Iterator[tuple[Path, bool]]:
    """The folders in which that happens, and whether what lies deeper counts."""
    yield root, False
    yield root / "specs", True
    yield root / "labels", True
    if git := git_folder(root):
        yield git, False
        yield git / "logs", False


def _stamps(root: Path) -> Iterator[Stamp]:
    for pattern in _PATTERNS:
        yield from _each(path for path in root.glob(pattern) if path.parent.name != _OURS)
    git = git_folder(root)
    yield from _each(heads(git))
    if what := under_way(git):
        yield what, 0, 0, 0


def _each(paths: Iterator[Path]) -> Iterator[Stamp]:
    for path in sorted(paths):
        try:
            found = path.stat()
        except OSError:  # it has just gone
            continue
        if not S_ISDIR(found.st_mode):
            yield str(path), found.st_mtime_ns, found.st_size, found.st_ino
