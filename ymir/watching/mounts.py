"""Which file systems tell nobody what changes in them, so that one has to look."""

from __future__ import annotations

from pathlib import PurePosixPath

MOUNTS = "/proc/mounts"
_SILENT = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"}
_SILENT_PREFIX = "fuse"  # `fuse.sshfs`, `fuse.s3fs`, `fuseblk`, and Docker Desktop's shares
_LAYERED = {"overlay", "overlayfs", "aufs"}
_LAYERS = ("lowerdir=", "upperdir=")
_FIELDS = 4


def silent(folder: str, mounts: str, depth: int = 3) -> str | None:
    """The kind of file system on which `folder` lies if it tells nothing; else None. Pure.

    `mounts` is the text of `/proc/mounts`; a layered file system is as silent as what is below it.
    """
    found = _mount(folder, mounts)
    if found is None:
        return None
    kind, options = found
    if kind in _SILENT or kind.startswith(_SILENT_PREFIX):
        return kind
    if kind in _LAYERED and depth:
        below = (silent(layer, mounts, depth - 1) for layer in _layers(options))
        return next((f"{kind} on {each}" for each in below if each), None)
    return None


def _mount(folder: str, mounts: str) -> tuple[str, str] | None:
    """Kind and options of the file system, that of the last mount among the deepest."""
    best, found = -1, None
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < _FIELDS:
            continue
        point, kind, options = _plain(parts[1]), parts[2], parts[3]
        if PurePosixPath(folder).is_relative_to(point) and len(PurePosixPath(point).parts) >= best:
            best, found = len(PurePosixPath(point).parts), (kind, options)
    return found


def _layers(options: str) -> list[str]:
    """The upper layer and the topmost of the lower ones."""
    named = [each for each in options.split(",") if each.startswith(_LAYERS)]
    paths = (each.split("=", 1)[1].split(":")[0] for each in named)
    return [each for each in paths if each.startswith("/")]


def _plain(point: str) -> str:
    """A mount point as the file system names it: blanks are written in octal."""
    for code, letter in ((r"\040", " "), (r"\011", "\t"), (r"\012", "\n"), (r"\134", "\\")):
        point = point.replace(code, letter)
    return point
