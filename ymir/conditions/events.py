"""`.ymir/events.jsonl`: what runs did, a JSON object per line; what it says is in `specs/`.

The log is bounded: a full one becomes `events.old.jsonl`, and the one before that goes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson
from pydantic import JsonValue

from ymir.vault import masked_data

LARGEST = 8 << 20  # bytes of one file; there are two
_TAIL = 1 << 18  # bytes that are looked at to see how things stand
_OLDER = "events.old.jsonl"


def log_of(root: Path) -> Path:
    """The file that is written."""
    return root / ".ymir" / "events.jsonl"


def append(root: Path, entry: Mapping[str, JsonValue], largest: int = LARGEST) -> None:
    """Write one line, whole; after one that a crash has torn, on a line of its own."""
    log = log_of(root)
    log.parent.mkdir(exist_ok=True)
    line = json.dumps(masked_data(dict(entry))).encode() + b"\n"
    _make_room(log, len(line), largest)
    with log.open("ab+") as file:
        if _is_torn(log):
            line = b"\n" + line
        file.write(line)


def tail(root: Path) -> Iterator[dict[str, JsonValue]]:
    """The newest events, the newest first; torn lines and what is no event are left out."""
    for file in (log_of(root), log_of(root).with_name(_OLDER)):
        for line in reversed(_last_lines(file)):
            if (event := _event(line)) is not None:
                yield event


def stopped(root: Path) -> dict[str, str]:
    """Stages that ended without a version when they were tried last, and why; none that parked."""
    newest: dict[str, dict[str, JsonValue]] = {}
    for event in tail(root):
        newest.setdefault(str(event.get("stage")), event)
    return {
        stage: str(event.get("why", ""))
        for stage, event in newest.items()
        if event.get("event") == "stopped" and not event.get("parked")
    }


def _make_room(log: Path, size: int, largest: int) -> None:
    try:
        is_full = log.stat().st_size + size > largest
    except FileNotFoundError:
        return
    if is_full:
        log.replace(log.with_name(_OLDER))


def _is_torn(log: Path) -> bool:
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return False
        file.seek(size - 1)
        return file.read(1) != b"\n"


def _last_lines(file: Path) -> list[bytes]:
    try:
        with file.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - _TAIL))
            lines = log.read().splitlines()
    except OSError:
        return []
    return lines[1:] if size > _TAIL else lines


def _event(line: bytes) -> dict[str, JsonValue] | None:
    try:
        found = orjson.loads(line)
    except ValueError:
        return None
    is_event = isinstance(found, dict) and isinstance(found.get("event"), str)
    return found if is_event else None
