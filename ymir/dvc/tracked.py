"""The folders that ymir's pointers name, in the workspace and in its pool of images."""

from collections.abc import Iterator
from pathlib import Path

from ymir.dvc import folders, pointer
from ymir.dvc.files import storing
from ymir.dvc.pointer import Pointer
from ymir.dvc.project import MEDIA, cache_of

# Project -> where its pointers lie.
TRACKED = {"": ("data/*/*/*.dvc", "reports/*/*.dvc"), MEDIA: ("pool/*.dvc",)}


def pointers_of(workspace: Path, project: str) -> Iterator[tuple[Path, Pointer]]:
    """Each pointer of a project and where it lies."""
    for path in _paths(workspace, project):
        yield path, pointer.read(path)


def restore(workspace: Path) -> None:
    """Lay out again, from the caches, folders that somebody removed; one look at each pointer.

    What the cache lacks is left to `ymir pull`.
    """
    for project in TRACKED:
        cache = cache_of(workspace / project)
        gone = [each for each in _paths(workspace, project) if not each.with_suffix("").is_dir()]
        for path in gone:
            digest = pointer.read(path).digest
            if not folders.missing(cache, digest):
                with storing(f"`{path.with_suffix('')}` cannot be laid out"):
                    folders.lay_out(cache, folders.entries_of(cache, digest), path.with_suffix(""))


def _paths(workspace: Path, project: str) -> Iterator[Path]:
    for pattern in TRACKED[project]:
        yield from sorted((workspace / project).glob(pattern))
