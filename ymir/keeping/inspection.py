"""Look at what is stored: is each object what its name says, and is all there that is named."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ymir.dvc import away, folders, pointer
from ymir.dvc.objects import md5_of_file, object_path
from ymir.dvc.project import cache_of
from ymir.dvc.stock import digest_of, held, lacking
from ymir.dvc.tracked import paths_of
from ymir.errors import StoreError
from ymir.media.workers import stream

_READ_ONLY = 0o444  # DVC trusts an object of this mode without hashing it again
_PER_FILE, _PER_BYTE = 30e-6, 1 / 450e6  # seconds of hashing
_PIECE = 2_000  # objects in one message to a process

Kind = Literal["damaged", "mode", "listing", "missing", "pointer", "remote-lost", "remote-damaged"]

MEANINGS: dict[Kind, str] = {
    "damaged": "its content is not what its name says",
    "mode": "it can be written, so DVC reads it again each time",
    "listing": "this listing of a folder was broken when it was stored",
    "missing": "it is named, but neither here nor on the remote",
    "pointer": "this pointer cannot be read",
    "remote-lost": "the remote has lost it, though it has the listing that names it",
    "remote-damaged": "on the remote, its content is not what its name says",
}


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be: an object, or a pointer, of a project."""

    kind: Kind
    project: str
    name: str

    @property
    def says(self) -> str:
        """What is wrong, in words."""
        return f"{self.project or 'data'}: {self.name}: {MEANINGS[self.kind]}"


@dataclass(frozen=True)
class Named:
    """What the pointers of a project name: listing -> the files it lists, or None if not here."""

    trees: dict[str, dict[str, str] | None]
    problems: tuple[Problem, ...] = ()

    @property
    def objects(self) -> set[str]:
        """Every object that is known to be needed."""
        files = (each for tree in self.trees.values() for each in (tree or {}).values())
        return {*self.trees, *files}


def hashed(
    workspace: Path, project: str, pick: Callable[[str], bool], progress: Callable[[int], None]
) -> Iterator[Problem]:
    """Read the objects that `pick` picks; `progress` hears how many more have been read."""
    cache = cache_of(workspace / project)
    found = [
        (f"{prefix}{each.name}", each.stat(follow_symlinks=False))
        for prefix, files in held(cache)
        for each in files
        if (digest := digest_of(prefix, each.name)) and pick(digest)
    ]
    paths = [str(object_path(cache, digest)) for digest, _ in found]
    seconds = sum(_PER_FILE + each.st_size * _PER_BYTE for _, each in found)
    at = 0
    for wrong in stream(wrong_ones, paths, seconds=seconds, piece=_PIECE):
        piece = found[at : at + len(wrong)]
        for (digest, status), is_wrong in zip(piece, wrong, strict=True):
            if is_wrong:
                yield Problem("damaged", project, digest)
            elif stat.S_IMODE(status.st_mode) != _READ_ONLY:
                yield Problem("mode", project, digest)
        at += len(wrong)
        progress(len(wrong))


def wrong_ones(paths: Sequence[str]) -> list[bool]:
    """For each object, whether its content is not what its name says."""
    return [not is_sound(Path(path)) for path in paths]


def is_sound(path: Path) -> bool:
    """Whether an object's content is what its name says; one that cannot be read is none."""
    try:
        return md5_of_file(path) == f"{path.parent.name}{path.name}".removesuffix(".dir")
    except OSError:
        return False


def named(workspace: Path, project: str) -> Named:
    """What the pointers of the work tree name, as far as it is here."""
    cache = cache_of(workspace / project)
    trees: dict[str, dict[str, str] | None] = {}
    problems: list[Problem] = []
    for path in paths_of(workspace, project):
        try:
            digest = pointer.read(path).digest
        except StoreError:
            problems.append(Problem("pointer", project, str(path.relative_to(workspace))))
            continue
        try:
            is_here = object_path(cache, digest).exists()
            trees[digest] = folders.entries_of(cache, digest) if is_here else None
        except StoreError:
            trees[digest] = None
            if is_sound(object_path(cache, digest)):  # else it is found to be damaged
                problems.append(Problem("listing", project, digest))
    return Named(trees, tuple(problems))


def missing(workspace: Path, project: str, known: Named) -> Iterator[Problem]:
    """What is named and neither here nor on the remote, as far as a look into a folder tells."""
    absent = lacking(cache_of(workspace / project), known.objects)
    lost = away.not_on_remote(workspace, project, absent)
    yield from (Problem("missing", project, each) for each in sorted(lost))


def lost_on_remote(workspace: Path, project: str, known: Named) -> Iterator[Problem]:
    """Files of trees whose listing the remote has; what was never sent is no loss."""
    unsent = away.not_on_remote(workspace, project, set(known.trees), is_asking=True)
    files = {
        each
        for listing, tree in known.trees.items()
        if listing not in unsent
        for each in (tree or {}).values()
    }
    lost = away.not_on_remote(workspace, project, files, is_asking=True)
    yield from (Problem("remote-lost", project, each) for each in sorted(lost))


def damaged_on_remote(workspace: Path, project: str, known: Named) -> Iterator[Problem]:
    """Read everything that the remote has of what is named."""
    there = known.objects - away.not_on_remote(workspace, project, known.objects, is_asking=True)
    for digest in away.damaged(workspace, project, there):
        yield Problem("remote-damaged", project, digest)
