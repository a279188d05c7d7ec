"""The folders that ymir's pointers name, in the workspace and in its pool of images."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ymir.dvc import folders, pointer
from ymir.dvc.altered import put_aside
from ymir.dvc.files import storing
from ymir.dvc.pointer import Pointer
from ymir.dvc.project import MEDIA, PASSING, cache_of
from ymir.dvc.stamp import is_noted, keep, stamp
from ymir.dvc.stock import lacking
from ymir.errors import StoreError

# Project -> where its pointers lie.
TRACKED = {"": ("data/*/*/*.dvc", *PASSING, "reports/*/*.dvc"), MEDIA: ("pool/*.dvc",)}


def pointers_of(workspace: Path, project: str) -> Iterator[tuple[Path, Pointer]]:
    """Each pointer of a project and where it lies."""
    for path in paths_of(workspace, project):
        yield path, pointer.read(path)


def lasting(workspace: Path, project: str) -> Iterator[tuple[Path, Pointer]]:
    """Those of them that everybody needs: not checkpoints, which only save time.

    These come with whoever goes on from them; one that is lost hinders nobody.
    """
    for path, each in pointers_of(workspace, project):
        if not any(path.match(pattern) for pattern in PASSING):
            yield path, each


def is_whole(workspace: Path, project: str) -> bool:
    """Whether all that a project's pointers name for good is here, in the cache and laid out.

    Of images this is remembered as long as no file comes or goes: they are too many to look at.
    """
    pointers = dict(lasting(workspace, project))
    if project != MEDIA:
        return _is_whole(workspace, project, pointers)
    now = _stamp(workspace, project, pointers)
    note = _note(workspace)
    if is_noted(note, now):
        return True
    is_all_here = _is_whole(workspace, project, pointers)
    if is_all_here:
        keep(note, now)
    return is_all_here


def is_known_whole(workspace: Path, project: str) -> bool:
    """Whether it is remembered that all images are here, and no file came or went since."""
    try:
        pointers = dict(lasting(workspace, project))
    except StoreError:  # told by whoever reads the pointers
        return False
    return project == MEDIA and is_noted(_note(workspace), _stamp(workspace, project, pointers))


def _stamp(workspace: Path, project: str, pointers: Mapping[Path, Pointer]) -> str:
    places = [cache_of(workspace / project), *(path.with_suffix("") for path in pointers)]
    return stamp((each.digest for each in pointers.values()), places)


def _note(workspace: Path) -> Path:
    return workspace / ".ymir" / "whole"


def _is_whole(workspace: Path, project: str, pointers: Mapping[Path, Pointer]) -> bool:
    cache = cache_of(workspace / project)
    return not absent(workspace, project) and all(
        _is_laid_out(cache, folders.entries_of(cache, each.digest), path, project)
        for path, each in pointers.items()
    )


def absent(workspace: Path, project: str) -> set[str]:
    """What the cache lacks of what the pointers name for good: listings, or files in them."""
    cache = cache_of(workspace / project)
    listings = {each.digest for _, each in lasting(workspace, project)}
    gone = lacking(cache, listings)
    files = (folders.entries_of(cache, each).values() for each in listings - gone)
    return gone | lacking(cache, set().union(*files))


def lay_out(workspace: Path, project: str) -> None:
    """Make the folder of each pointer hold its files, as links, where the cache has them all.

    What people wrote there is kept in `.ymir/edited/`.
    """
    cache = cache_of(workspace / project)
    for path, each in lasting(workspace, project):
        if folders.missing(cache, each.digest):
            continue  # it is lost, which whoever fetches says
        entries = folders.entries_of(cache, each.digest)
        if not _is_laid_out(cache, entries, path, project):
            put_aside(workspace, cache, entries, path.with_suffix(""))
            _make(project)(cache, entries, path.with_suffix(""))


def restore(workspace: Path) -> None:
    """Lay out again, from the caches, folders that somebody removed; one look at each pointer.

    What the cache lacks is left to `ymir pull`.
    """
    for project in TRACKED:
        cache = cache_of(workspace / project)
        gone = [each for each in paths_of(workspace, project) if not each.with_suffix("").is_dir()]
        for path in gone:
            digest = pointer.read(path).digest
            if not folders.missing(cache, digest):
                with storing(f"`{path.with_suffix('')}` cannot be laid out"):
                    _make(project)(cache, folders.entries_of(cache, digest), path.with_suffix(""))


def _make(project: str) -> Callable[[Path, folders.Entries, Path], None]:
    return folders.lay_out_links if project == MEDIA else folders.lay_out


def _is_laid_out(cache: Path, entries: folders.Entries, path: Path, project: str) -> bool:
    """Of images only the names count: nothing reads them there, and they are too many."""
    folder = path.with_suffix("")
    if project == MEDIA:
        return folders.has_names(entries, folder)
    return folders.is_laid_out(cache, entries, folder)


def paths_of(workspace: Path, project: str) -> Iterator[Path]:
    """Where the pointers of a project lie."""
    for pattern in TRACKED[project]:
        yield from sorted((workspace / project).glob(pattern))
