"""Folders under DVC: their files in the cache, links to them at hand, one pointer beside each."""

import os
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ymir.dvc import objects, pointer
from ymir.dvc.pointer import Keys, Pointer
from ymir.dvc.stock import lacking
from ymir.errors import StoreError

Entries = Mapping[str, str]  # path of a file in the folder -> its digest
_NOTHING: Entries = {}


def store(cache: Path, made: Path, known: Entries = _NOTHING) -> dict[str, str]:
    """Put every file of the folder `made` into the cache; say which they are.

    A file that has no other name is linked, not copied: it turns read-only. `known` is what an
    earlier version has stored: files taken over from it are neither read nor forced to disk again.
    """
    entries = {}
    for source in sorted(made.rglob("*")):
        if source.is_file():
            name = source.relative_to(made).as_posix()
            entries[name] = _taken_over(cache, known.get(name), source) or _put(cache, source)
    objects.settle(cache, set(entries.values()).difference(known.values()))
    return entries


def _taken_over(cache: Path, digest: str | None, source: Path) -> str | None:
    """The digest of a file that is the object still."""
    stored = objects.object_path(cache, digest) if digest else None
    return digest if stored and stored.exists() and is_same(stored, source) else None


def _put(cache: Path, source: Path) -> str:
    digest = objects.md5_of_file(source)
    is_shared = source.is_symlink() or source.stat().st_nlink > 1
    objects.place_file(cache, digest, source, copy=is_shared)
    return digest


def store_copies(cache: Path, files: Mapping[str, Path]) -> dict[str, str]:
    """Put files into the cache, which stay as they are; their names in a folder -> digests."""
    entries = {name: objects.md5_of_file(source) for name, source in files.items()}
    for name, digest in entries.items():
        objects.place_file(cache, digest, files[name], copy=True)
    objects.settle(cache, set(entries.values()))
    return entries


def track(cache: Path, path: Path, entries: Entries, meta: Keys) -> Pointer:
    """Lay `entries` out beside the pointer `path`, then write it; all objects must be there.

    The pointer comes last: killed before that, nothing is recorded, and the next run lays out anew.
    """
    old = pointer.read(path) if path.exists() else None
    digest = objects.place_bytes(cache, objects.tree_bytes(entries), suffix=".dir")
    objects.settle(cache, [digest])
    new = Pointer(
        path=path.stem,
        digest=digest,
        size=sum(objects.object_path(cache, each).stat().st_size for each in entries.values()),
        files=len(entries),
        meta={**(old.meta if old else {}), **meta},
        more=old.more if old else {},
        more_out=old.more_out if old else {},
    )
    lay_out(cache, entries, path.with_suffix(""))
    if new != old:
        pointer.write(path, new)
    return new


def lay_out(cache: Path, entries: Entries, folder: Path) -> None:
    """Make `folder` hold exactly `entries`, as links to the cache; cheap when it already does.

    A folder that is not there appears whole.
    """
    if folder.is_symlink():  # it could lead anywhere, and what is not listed gets removed
        folder.unlink()
    if not folder.is_dir():
        _appear(cache, entries, folder)
    _clear(folder, {folder / name for name in entries})
    _fill(cache, entries, folder)


def _appear(cache: Path, entries: Entries, folder: Path) -> None:
    partial = _beside(folder)
    try:
        _fill(cache, entries, partial)
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():  # or else another was faster, as one who only looks
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fill(cache: Path, entries: Entries, folder: Path) -> None:
    for name, digest in entries.items():
        source = objects.object_path(cache, digest)
        target = folder / name
        if not is_same(source, target):
            partial = _beside(folder)  # in it, another who lays it out now would take it away
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                objects.link_file(source, partial)
                partial.replace(target)
            finally:  # renamed onto another link to its file, it stays, too
                partial.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)


def let_go(path: Path) -> None:
    """Remove a folder, then its pointer; killed before that, the next run lays it out again."""
    remove(path.with_suffix(""))
    path.unlink()


def remove(folder: Path) -> None:
    """Remove a folder that may be there; killed at any moment, no part of it has its name."""
    if folder.is_dir() and not folder.is_symlink():
        aside = _beside(folder)
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)


def lay_out_links(cache: Path, entries: Entries, folder: Path) -> None:
    """As `lay_out`, for crowds of files that only programs read: hard links, or else symbolic ones.

    The folder appears whole; what had its name is gone then.
    """
    partial = _beside(folder)
    try:
        for parent in {os.path.dirname(f"{partial}/{name}") for name in entries}:  # noqa: PTH120 - no Path per file
            os.makedirs(parent, exist_ok=True)  # noqa: PTH103
        for name, digest in entries.items():
            _link(f"{cache}/{digest[:2]}/{digest[2:]}", f"{partial}/{name}")
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def link_again(cache: Path, digest: str, target: Path) -> None:
    """Make one file of a folder laid out a link to its object, if the cache has it."""
    source = objects.object_path(cache, digest)
    if source.exists():
        _link(str(source), str(target))


def is_laid_out(cache: Path, entries: Entries, folder: Path) -> bool:
    """Whether `folder` holds exactly `entries`, as links to the cache or copies of it."""
    return has_names(entries, folder) and all(
        is_same(objects.object_path(cache, digest), folder / name)
        for name, digest in entries.items()
    )


def has_names(entries: Entries, folder: Path) -> bool:
    """Whether `folder` holds files of just these names; a look into each folder, at no file."""
    start = len(f"{folder}/")
    found = {f"{parent}/{name}"[start:] for parent, _, files in os.walk(folder) for name in files}
    return not folder.is_symlink() and found == entries.keys()


def look_of(folder: Path) -> int | None:
    """Stands for how a folder lies there: another one when a file is added, removed or written.

    None where it is no plain folder, or a file leads nowhere.
    """
    try:
        return None if folder.is_symlink() else hash(frozenset(_stamps(str(folder))))
    except OSError:
        return None


def _stamps(folder: str) -> Iterator[tuple[str, int, int, int, int, int]]:
    with os.scandir(folder) as found:
        for each in found:
            if each.is_dir(follow_symlinks=False):
                yield from _stamps(each.path)
            else:
                seen = os.stat(each.path)  # noqa: PTH116 - also where a link leads
                stamp = (seen.st_mode, seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)
                yield (each.path, *stamp)


def missing(cache: Path, digest: str) -> list[str]:
    """Which objects of a folder the cache lacks: its listing `digest`, or files that it lists."""
    if not objects.object_path(cache, digest).exists():
        return [digest]
    return sorted(lacking(cache, set(entries_of(cache, digest).values())))


def entries_of(cache: Path, digest: str) -> dict[str, str]:
    """The files of a folder, from its listing in the cache; one that is damaged is refused."""
    path = objects.object_path(cache, digest)
    content = path.read_bytes()
    if objects.md5_of_bytes(content) != digest.removesuffix(".dir"):
        raise StoreError(
            f"the list of a folder's files is damaged: `{path}`",
            hint="`ymir fsck --fix` puts it aside and gets it back from the remote",
        )
    return objects.tree_entries(content)


def _clear(folder: Path, wanted: Collection[Path]) -> None:
    """Take away what is not wanted, as another may do at the same time."""
    needed = {parent for path in wanted for parent in path.parents}
    for parent, folders, files in os.walk(folder, topdown=False):
        for path in (Path(parent, name) for name in files):
            if path not in wanted:
                path.unlink(missing_ok=True)
        for path in (Path(parent, name) for name in folders):
            with suppress(FileNotFoundError):
                if path.is_symlink():
                    path.unlink()
                elif path not in needed and not any(path.iterdir()):
                    path.rmdir()


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or too many links
        os.symlink(os.path.realpath(source, strict=True), target)  # noqa: PTH211


def is_same(source: Path, target: Path) -> bool:
    """Whether `target` is a link to `source` or a copy that ymir made: those share their time."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return False
    stored = source.stat()
    is_link = (found.st_ino, found.st_dev) == (stored.st_ino, stored.st_dev)
    return is_link or (found.st_size, found.st_mtime_ns) == (stored.st_size, stored.st_mtime_ns)
