"""What may go: objects that nothing needs, and what killed runs and old jobs left behind."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ymir.contracts.attempt import attempts
from ymir.dvc.files import storing
from ymir.dvc.project import MEDIA
from ymir.dvc.stock import digest_of, held

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
# Folders that ymir lays out beside pointers: links to objects, which need the disk as long as they.
_LAID_OUT = (
    "data/datasets/*/v*",
    "data/models/*/v*",
    "data/rounds/*/[0-9]*",
    "data/checkpoints/*",
    f"{MEDIA}/pool/*",
)
_CACHES = (
    "sources",
    "dvc",
    "thumbnails",
    "pictures",
    "compare",
)  # of `.ymir/`; they come back when they are needed


@dataclass(frozen=True)
class Waste:
    """Something to remove: a file, or a folder with all that is in it."""

    path: Path
    # `object`, `listing`, `unfinished`, `folder`, `job`, `arrival`, `cache`, `found`; `remote …`
    kind: str
    bytes: int


def loose_objects(cache: Path, kept: Collection[str], before: float) -> Iterator[Waste]:
    """Objects that are not kept and unfinished files, none touched since `before`."""
    for prefix, files in held(cache):
        for each in files:
            digest = digest_of(prefix, each.name)
            is_waste = each.name.endswith(".tmp") if digest is None else digest not in kept
            if is_waste and _touched(found := each.stat(follow_symlinks=False)) < before:
                yield Waste(Path(each.path), _kind(digest), found.st_size)


def unfinished(workspace: Path, before: float) -> Iterator[Waste]:
    """Folders of batches and tables that killed runs did not finish."""
    for pattern in (f"{MEDIA}/pool/.*.tmp", "data/**/.*.tmp"):
        for path in workspace.glob(pattern):
            if _touched(path.lstat()) < before:
                yield Waste(path, "unfinished", _size(path))


def orphans(workspace: Path) -> Iterator[Waste]:
    """Folders that were laid out for pointers which are gone; not what people put into them."""
    for pattern in _LAID_OUT:
        for path in workspace.glob(pattern):
            is_tracked = path.with_name(f"{path.name}.dvc").exists()
            if _is_folder(path) and not is_tracked and not path.name.startswith("."):
                yield Waste(path, "folder", 0)  # links: the objects are counted


def old_jobs(workspace: Path, before: float) -> Iterator[Waste]:
    """Jobs that ended and wait for nothing, and arrivals, none touched since `before`."""
    for path in workspace.glob(".ymir/jobs/*/"):
        is_over = all(each.ending for each in attempts(path)) and not (path / "out").exists()
        if is_over and _newest(path) < before:
            yield Waste(path, "job", _size(path))
    for path in workspace.glob(".ymir/arrivals/*"):
        if _newest(path) < before:
            yield Waste(path, "arrival", _size(path))


def caches(workspace: Path) -> Iterator[Waste]:
    """What only saves time, and comes back when it is needed."""
    for name in _CACHES:
        if (path := workspace / ".ymir" / name).is_dir():
            yield Waste(path, "cache", _size(path))


def folders(found: Iterable[Path], kind: str) -> Iterator[Waste]:
    """Folders of which others say that nobody needs them."""
    for path in found:
        yield Waste(path, kind, _size(path))


def remove(waste: Iterable[Waste], progress: Callable[[int], None] = lambda _: None) -> None:
    """Remove it all, listings first: a listing that is there tells DVC that its files are, too."""
    ordered = sorted(waste, key=lambda each: not each.kind.endswith("listing"))
    with storing("what is not needed cannot be removed"):
        for number, each in enumerate(ordered, start=1):
            if each.kind == "folder":
                _take_up(each.path)
            elif _is_folder(each.path):
                shutil.rmtree(each.path)
            else:
                each.path.unlink(missing_ok=True)
            progress(number)


def _take_up(folder: Path) -> None:
    """Remove what was laid out, which is read-only; a file that can be written is somebody's."""
    for parent, names, files in os.walk(folder, topdown=False):
        for name in files:
            path = Path(parent, name)
            if path.is_symlink() or not path.lstat().st_mode & _WRITABLE:
                path.unlink()
        for path in (Path(parent, name) for name in names):
            if not path.is_symlink() and not any(path.iterdir()):
                path.rmdir()
    if not any(folder.iterdir()):
        folder.rmdir()


def _kind(digest: str | None) -> str:
    if digest is None:
        return "unfinished"
    return "listing" if digest.endswith(".dir") else "object"


def _touched(found: os.stat_result) -> float:
    """When it came here: a link has the time of its file, but its status changes with each link."""
    return max(found.st_mtime, found.st_ctime)


def _newest(path: Path) -> float:
    files = [path, *path.rglob("*")] if _is_folder(path) else [path]
    return max(_touched(each.lstat()) for each in files)


def _size(path: Path) -> int:
    files = path.rglob("*") if _is_folder(path) else [path]
    return sum(each.lstat().st_size for each in files)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
