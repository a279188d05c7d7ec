"""What programs in containers print, kept beside their attempts."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ymir.engine.container import LOG_LIMIT

_TAIL = 2000  # bytes


def save_log(pieces: Iterable[bytes], file: Path) -> str:
    """Write it to `file`, of a flood the end; return the last of it. Of nothing, write nothing."""
    tail, size, target = b"", 0, file.with_name(f"{file.name}.part")
    target.unlink(missing_ok=True)
    for piece in pieces:
        tail, size = (tail + piece)[-_TAIL:], size + len(piece)
        with suppress(OSError):  # a full disk: the tail still tells why
            if size > LOG_LIMIT:
                target.replace(file.with_name("log-before.txt"))
                size = 0
            with target.open("ab") as log:
                log.write(piece)
    with suppress(OSError):
        target.replace(file)
    return tail.decode(errors="replace")
