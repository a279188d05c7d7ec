"""Images on one node, for all jobs that run there: complete or absent, and bounded.

An object is trusted while nobody has written to it: then its mode and time are as they were given.
When it was last used is when it was last linked, which is when its inode changed.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock

from ymir.dvc.objects import is_digest, md5_of_file, object_path
from ymir.errors import DataError, StoreError

Get = Callable[[str, Path], bool]

_READ_ONLY = 0o444
_SEALED = 946684800 * 10**9  # the time that whole objects bear, in ns: nothing else does
_AT_ONCE = 8  # objects that are fetched side by side
_FEW = 3


class Shelf:
    """The folder `home`, which belongs to one user of the node."""

    def __init__(self, home: Path) -> None:
        self._objects, self._jobs, self._partial = home / "objects", home / "jobs", home / "partial"
        self._home = home

    @contextmanager
    def held(self) -> Iterator[None]:
        """No other job of this user changes what lies here meanwhile."""
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._home.stat().st_uid != os.getuid():
            raise StoreError(
                f"{self._home} belongs to somebody else", hint="name another `scratch`"
            )
        with FileLock(self._home / "lock"):
            yield

    def fetch(self, digests: Collection[str], get: Get) -> int:
        """Bring what is not here; returns how many came. All that is missing is told at once."""
        if wrong := [each for each in digests if not is_digest(each)]:
            raise DataError(f"`{wrong[0]}` is not the name of an image")
        gone = sorted(each for each in set(digests) if not self._is_here(each))
        shutil.rmtree(self._partial, ignore_errors=True)  # of a fetch that was killed
        self._partial.mkdir()
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            came = list(pool.map(partial(self._take, get=get), gone))
        missing = [digest for digest, is_there in zip(gone, came, strict=True) if not is_there]
        if missing:
            some = ", ".join(missing[:_FEW]) + (" …" if len(missing) > _FEW else "")
            raise StoreError(
                f"the remote has not the bytes of {len(missing)} of {len(digests)} images: {some}",
                hint="run `ymir push` where they are",
            )
        return len(gone)

    def lay_out(self, assets: Path, images: Mapping[str, str], job: Path) -> None:
        """Fill `assets` with links, all or nothing; `job` is the folder that they are for."""
        folder = assets.parent
        if folder.parent != self._jobs:
            raise DataError(
                f"`{assets}` is no folder for the images of a job",
                hint="share the workspace's folder with the nodes, or say `data: remote`",
            )
        half = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        for name, digest in images.items():
            target = half / assets.name / name
            if not target.resolve().is_relative_to((half / assets.name).resolve()):
                raise DataError(f"`{name}` leads out of the folder of the images")
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(object_path(self._objects, digest), target)
        (half / assets.name).mkdir(parents=True, exist_ok=True)
        (half / "job").write_text(str(job), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)

    def release(self, assets: Path) -> None:
        """Take a job's links away."""
        if assets.parent.parent == self._jobs:
            shutil.rmtree(assets.parent, ignore_errors=True)

    def sweep(self) -> None:
        """Take away the links of jobs that are over or gone, and layouts that were broken off."""
        for folder in self._jobs.glob("*"):
            try:
                job = Path((folder / "job").read_text(encoding="utf-8"))
            except OSError:
                job = folder
            is_open = (job / "in").is_dir() and not (job / "out").exists()
            if folder.name.startswith(".") or not is_open:
                shutil.rmtree(folder, ignore_errors=True)

    def shrink(self, limit: int) -> int:
        """Remove objects that no job uses, the longest unused first, down to so many bytes."""
        found = [(path, path.stat()) for path in self._objects.glob("*/*")]
        total, removed = sum(state.st_size for _, state in found), 0
        for path, state in sorted(found, key=lambda each: each[1].st_ctime_ns):
            if total <= limit:
                break
            if state.st_nlink == 1:
                path.unlink()
                total, removed = total - state.st_size, removed + 1
        return removed

    def _is_here(self, digest: str) -> bool:
        """Whether the object is, and is whole; what somebody wrote into is read again, or goes."""
        path = object_path(self._objects, digest)
        try:
            state = path.stat()
        except FileNotFoundError:
            return False
        if state.st_mtime_ns == _SEALED and state.st_mode & 0o777 == _READ_ONLY:
            return True
        if md5_of_file(path) == digest:
            _seal(path)
            return True
        path.unlink()
        return False

    def _take(self, digest: str, get: Get) -> bool:
        half, target = self._partial / digest, object_path(self._objects, digest)
        if not get(digest, half):
            return False
        if md5_of_file(half) != digest:
            half.unlink()
            raise DataError(
                f"what the remote has of image {digest} is not what its name says",
                hint="`ymir fsck --remote` finds what else is broken there",
            )
        _seal(half)
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            half.rename(target)
        return True


def _seal(path: Path) -> None:
    path.chmod(_READ_ONLY)
    os.utime(path, ns=(_SEALED, _SEALED))
