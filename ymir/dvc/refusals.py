"""What the operating system or a store refuses: where it was, and what to do about it."""

import errno
import os
import re
import tempfile
from pathlib import Path

_RIGHTS = "check who owns the folder and who may write there"
_GONE = "a network disk does not answer: when it is mounted again, run again"
_HINTS = {
    errno.ENOSPC: "make room on the disk and run again; nothing is recorded by halves",
    errno.EDQUOT: "your disk quota is used up: make room and run again",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a file stands where a folder should be: move it away, and run again",
    errno.EIO: "the disk fails, or what it is connected by: look at `dmesg`, then run again",
    errno.EFBIG: "no file may be so large here: see `ulimit -f`, and what the file system takes",
    errno.EMFILE: "raise how many files a process may open, `ulimit -n`, and run again",
    errno.ENFILE: "this machine has too many files open: end what is not needed, and run again",
    errno.EAGAIN: "no more processes may begin here: see `ulimit -u`, or end some, and run again",
    errno.ENOMEM: "the memory is used up: end what is not needed, and run again",
    errno.ESTALE: _GONE,
    errno.ENOTCONN: _GONE,
    errno.EHOSTDOWN: _GONE,
}
NO_MEMORY = _HINTS[errno.ENOMEM]
NO_THREAD = _HINTS[errno.EAGAIN]
# Libraries that speak to stores, whose errors are not all `OSError`s.
_OF_STORES = {
    *("aiobotocore", "botocore"),
    *("adlfs", "azure"),
    *("gcsfs", "google"),
    *("aiohttp", "asyncssh", "dvc_objects", "oss2", "pydrive2", "webdav4"),
}
_PACKAGE = re.compile(r"requires '([\w-]+)' to be installed")  # as DVC says it
_NO_TEMPORARY = "No usable temporary directory"  # of `tempfile`
_FULL = (errno.ENOSPC, errno.EDQUOT)


def hint_of(error: OSError) -> str | None:
    """What to do about it, where the machine is to blame and not we are."""
    if _NO_TEMPORARY in str(error):
        return "set `TMPDIR` to a folder in which there is room, and in which you may write"
    return _HINTS.get(error.errno or 0)


def words_of(error: OSError) -> str:
    """What was refused, and where: the file if it is known, or else the disk that is full."""
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if not where and error.errno in _FULL:
        where = ", ".join(_full())
    return f"{error.strerror or error}{f': {where}' if where else ''}"


def is_of_store(error: BaseException) -> bool:
    """Whether a library raised it that speaks to a store: it is offline, or refuses."""
    return any(kind.__module__.partition(".")[0] in _OF_STORES for kind in type(error).__mro__)


def missing_package(error: BaseException) -> str | None:
    """What to do where DVC lacks the package for a kind of remote."""
    if not (found := _PACKAGE.search(str(error))):
        return None
    extra = ", or ymir with it: `ymir-gitops[s3]`" if found[1] == "dvc-s3" else ""
    return f"`pip install {found[1]}` where ymir is installed{extra}"


def _full() -> list[str]:
    """Those of the folders in which things are written that have no room for a byte or a file."""
    return [str(each) for each in dict.fromkeys((Path.cwd(), _temporary())) if _is_full(each)]


def _temporary() -> Path:
    return Path(tempfile.tempdir or os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - only looked at


def _is_full(folder: Path) -> bool:
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail == 0 or (found.f_files > 0 and found.f_favail == 0)
