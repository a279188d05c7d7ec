"""What the watcher did, line by line in `.ymir/events.jsonl`, beside what its runs did."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from pydantic import JsonValue

from ymir.conditions.events import append


class Journal:
    """Writes events; one that cannot be written is not worth an end."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def note(self, event: str, **facts: JsonValue) -> None:
        """Add one: `event` is `watch-woke`, `watch-applied` and so on."""
        entry = {"time": round(time.time(), 3), "event": f"watch-{event}", **facts}
        with contextlib.suppress(OSError):
            append(self._root, entry)
