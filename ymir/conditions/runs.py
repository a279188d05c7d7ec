"""The run that holds a workspace now, and how the last `ymir apply` ended."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ymir.dvc.files import if_writable, write_whole
from ymir.lease.process import this_process
from ymir.lock import holder


@dataclass(frozen=True)
class Ended:
    """An `ymir apply` that is over."""

    time: float  # seconds since 1970
    exit: int
    pid: int
    host: str


_ENDED = TypeAdapter(Ended)


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
    who = holder(root)
    return who.words if who and who.process != this_process() else None


def _ended(root: Path) -> Path:
    return root / ".ymir" / "last-apply.json"
