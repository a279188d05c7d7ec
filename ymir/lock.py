"""One run at a time: a lock that the kernel releases when its holder dies."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ymir.errors import LockedError


@contextmanager
def locked(workspace: Path) -> Iterator[None]:
    """Hold the workspace, or say who does. Protects one host; the lock file is never deleted."""
    folder = workspace / ".ymir"
    folder.mkdir(exist_ok=True)
    holder = folder / "holder.json"
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            f"another run holds this workspace{_who(holder)}",
            hint="wait until it is done; a run that died holds nothing",
        ) from None
    try:
        holder.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        yield
    finally:
        lock.release()


def _who(holder: Path) -> str:
    try:
        who = json.loads(holder.read_text())
        return f": process {who['pid']} on {who['host']}"
    except (OSError, ValueError, KeyError):
        return ""
