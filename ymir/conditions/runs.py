"""The run that holds a workspace now, and how the last `ymir apply` ended."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ymir.dvc.files import if_writable, write_whole


@dataclass(frozen=True)
class Ended:
    """An `ymir apply` that is over."""

    time: float  # seconds since 1970
    exit: int
    pid: int
    host: str


@dataclass(frozen=True)
class _Holder:
    pid: int
    host: str


_ENDED, _HOLDER = TypeAdapter(Ended), TypeAdapter(_Holder)


def keep_ended(root: Path, code: int, now: float) -> None:
    """Remember how this process ended."""
    ended = Ended(now, code, os.getpid(), socket.gethostname())
    with if_writable():
        write_whole(_ended(root), json.dumps(asdict(ended)))


def last_ended(root: Path) -> Ended | None:
    """How the last one ended on this machine; None where none has, or nobody knows."""
    try:
        return _ENDED.validate_json(_ended(root).read_bytes())
    except (OSError, ValidationError):
        return None


def at_work(root: Path) -> str | None:
    """Who works on the workspace at this moment, in words; this process does not count."""
    try:
        file = root / ".ymir" / "holder.json"
        since, holder = file.stat().st_mtime, _HOLDER.validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
    ended = last_ended(root)
    is_over = ended is not None and ended.pid == holder.pid and ended.time >= since
    if is_over or holder.host != socket.gethostname() or not _is_alive(holder.pid):
        return None
    return f"process {holder.pid}"


def _is_alive(pid: int) -> bool:
    if pid in (0, os.getpid()):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ended(root: Path) -> Path:
    return root / ".ymir" / "last-apply.json"
