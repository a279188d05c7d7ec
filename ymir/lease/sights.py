"""For how long leases have not changed, by the clock of this machine alone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import orjson

from ymir.lease.process import machine

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # also counts while it sleeps


def now() -> float:
    """Seconds that only ever grow, whatever people set the clock to."""
    return time.clock_gettime(_CLOCK)


class Sights:
    """When each object was first seen; remembered for the next run on this machine."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def unchanged(self, objects: Collection[str]) -> dict[str, float]:
        """How many seconds ago these were first seen; what is not among them is forgotten."""
        moment, before = now(), self._read()
        first = {each: before.get(each, moment) for each in objects}
        if first != before:
            self._write(first)
        return {each: max(0.0, moment - since) for each, since in first.items()}

    def _read(self) -> dict[str, float]:
        try:
            said = orjson.loads(self._file.read_bytes())
            if said["machine"] != machine() or not machine():
                return {}
            return {str(each): float(since) for each, since in said["seen"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def _write(self, seen: dict[str, float]) -> None:
        part = self._file.with_name(f"{self._file.name}.{os.getpid()}.part")
        with suppress(OSError):  # whoever only looks may not be allowed to write
            part.write_text(json.dumps({"machine": machine(), "seen": seen}), encoding="utf-8")
            part.replace(self._file)
