"""What is remembered of a source from one run to the next; whatever is lost is found out again."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from ymir.dvc.files import if_writable, write_whole
from ymir.dvc.objects import md5_of_bytes
from ymir.errors import StoreError
from ymir.sources.sight import Sight

if TYPE_CHECKING:  # planning needs no tables
    import polars as pl

_LAYOUT = 1  # of the overview; another number is as good as none
_NO_FOLDERS = 2  # links to a folder without folders, on file systems that count them
_SETTLED = 2_000_000_000  # nanoseconds: a folder changed later than this may change again unseen

Folders = Mapping[str, tuple[int, int]]  # path of a folder -> when its content and it changed


@dataclass(frozen=True)
class Overview:
    """A source in short: the digest of all files, how many, and the state of their folders."""

    digest: str
    files: int
    folders: Folders

    def is_current(self, folder: Path) -> bool:
        """Whether no file was added, removed or renamed since; a file may have been rewritten."""
        return all(_state(f"{folder}/{name}") == state for name, state in self.folders.items())


def folders_under(folder: Path) -> Folders:
    """The state of a folder and of all folders in it, but hidden ones."""
    found: dict[str, tuple[int, int]] = {}
    waiting = [""]
    while waiting:
        name = waiting.pop()
        path = f"{folder}/{name}"
        found[name], has_none = _looked_at(path)
        if has_none:
            continue
        with os.scandir(path) as entries:
            waiting += [
                f"{name}/{entry.name}".lstrip("/")
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
    return found


def are_settled(folders: Folders) -> bool:
    """Whether a change from now on shows in the state of its folder."""
    return time.time_ns() - max(max(state) for state in folders.values()) > _SETTLED


@dataclass(frozen=True)
class Memory:
    """The files that remember one source; `key` stands for how it is read."""

    cache: Path
    key: str

    @classmethod
    def of(cls, cache: Path, folder: Path, *how: object) -> Memory:
        """The memory of a folder; what is read in another `way` is another memory."""
        named = "\0".join(map(str, how))
        return cls(cache, md5_of_bytes(bytes(folder.resolve()) + b"\0" + named.encode()))

    def sight(self) -> Sight:
        """What was seen of each file."""
        return Sight.load(self._file("seen"))

    def keep_sight(self, seen: Sight) -> None:
        """Remember what was seen, as far as it is settled."""
        seen.save(self._file("seen"))

    def overview(self) -> Overview | None:
        """The source in short; None where nothing is known."""
        try:
            kept = orjson.loads(self._file("json").read_bytes())
            if kept["layout"] != _LAYOUT:
                return None
            folders = {name: (first, second) for name, (first, second) in kept["folders"].items()}
            return Overview(str(kept["digest"]), int(kept["files"]), folders)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def keep_overview(self, overview: Overview | None) -> None:
        """Remember the source in short, or that this cannot be trusted."""
        file = self._file("json")
        with if_writable():
            if overview is None:
                file.unlink(missing_ok=True)
                return
            kept = {
                "layout": _LAYOUT,
                "digest": overview.digest,
                "files": overview.files,
                "folders": overview.folders,
            }
            write_whole(file, json.dumps(kept))

    def tables(self, names: tuple[str, ...], reading: str) -> dict[str, pl.DataFrame] | None:
        """Tables that were made of the files by this way of `reading`; None if they are lost."""
        from ymir.media.tables import read_table  # planning needs no tables

        try:
            files = {name: self._file(f"{reading}.{name}.parquet") for name in names}
            return {name: read_table(file) for name, file in files.items()}
        except StoreError:
            return None

    def keep_tables(self, tables: Mapping[str, pl.DataFrame], reading: str) -> None:
        """Remember tables, and forget those of other ways of reading."""
        from ymir.media.tables import write_table  # planning needs no tables

        with if_writable():
            for old in self.cache.glob(f"{self.key}.*.parquet"):
                old.unlink(missing_ok=True)
            for name, table in tables.items():
                write_table(table, self._file(f"{reading}.{name}.parquet"))

    def _file(self, suffix: str) -> Path:
        return self.cache / f"{self.key}.{suffix}"


def _state(path: str) -> tuple[int, int]:
    return _looked_at(path)[0]


def _looked_at(path: str) -> tuple[tuple[int, int], bool]:
    """The state of a folder, and whether the file system says that no folder is in it.

    Where folders count their links, each folder inside is one more than the usual two.
    """
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path per folder costs more
    except OSError:
        return (0, 0), True
    return (found.st_mtime_ns, found.st_ctime_ns), found.st_nlink == _NO_FOLDERS
