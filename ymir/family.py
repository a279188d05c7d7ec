"""A process and all that it began."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_GRACE = 5.0  # seconds that it has to put away what it holds


def end(process: subprocess.Popen[str]) -> None:
    """Ask all of them to end: what is asked takes its locks away; what is killed does not."""
    for number in (process.pid, *_descendants(process.pid)):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(number, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _descendants(number: int) -> Iterator[int]:
    """Where Linux tells."""
    try:
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from _descendants(child)
