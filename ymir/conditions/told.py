"""What each way to notify has told: `.ymir/notified.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from ymir.conditions.changes import State
from ymir.dvc.files import write_whole
from ymir.spec.notify import NotifySpec

Told = dict[str, dict[str, State]]  # way to notify -> condition -> what was told of it

_TOLD = TypeAdapter(Told)


def name_of(asked: NotifySpec) -> str:
    """What a way to notify is remembered by: where it leads to, not of what it tells."""
    said = json.dumps([asked.use, asked.with_], sort_keys=True)
    return f"{asked.use} {hashlib.sha256(said.encode()).hexdigest()[:12]}"


def all_told(root: Path) -> Told:
    """What was told so far; nothing where nobody knows."""
    try:
        return _TOLD.validate_json(_file(root).read_bytes())
    except (OSError, ValidationError):
        return {}


def keep_told(root: Path, told: Mapping[str, Mapping[str, State]]) -> None:
    """Remember it."""
    write_whole(_file(root), json.dumps(told, indent=1))


@contextmanager
def one_at_a_time(root: Path) -> Iterator[None]:
    """Hold what was told: nobody is told twice because two commands ended at once."""
    (root / ".ymir").mkdir(exist_ok=True)
    with FileLock(root / ".ymir" / "notified.lock"):
        yield


def _file(root: Path) -> Path:
    return root / ".ymir" / "notified.json"
