"""On a terminal, one line says how things stand, and is kept up to date."""

import os
import re
import select
import signal
import subprocess
import time
from pathlib import Path

from tests.workspaces import ENVIRONMENT, YMIR, applied

LINE = re.compile(r"\r\x1b\[Kpets r1 · synced (\d+) s ago · 1 batch with people \(0 of 6\)")
PATIENCE = 90


def test_the_line_grows_older_and_leaves_the_terminal_clean(tmp_path: Path) -> None:
    goal = {"map": 0.99, "rounds": 2}
    pets = applied(tmp_path / "pets", label={"use": "folder"}, goal=goal)
    ours, theirs = os.openpty()
    words, environment = [*YMIR, "watch", "--interval", "1h"], {**ENVIRONMENT, "COLUMNS": "100"}
    process = subprocess.Popen(words, cwd=pets.root, stdout=theirs, env=environment)
    os.close(theirs)
    said, until = "", time.monotonic() + PATIENCE
    while len({*LINE.findall(said)}) < 3 and time.monotonic() < until:
        said += read(ours)
    process.send_signal(signal.SIGTERM)
    while process.poll() is None:
        said += read(ours)
    said += read(ours)
    os.close(ours)
    ages = list(map(int, LINE.findall(said)))
    assert len({*ages}) >= 3, said
    assert ages == sorted(ages)
    assert process.returncode == 0
    assert re.search(r"\r\x1b\[Kstopped; `ymir watch` goes on from here\r\n", said)
    assert said.endswith(("\n\r\x1b[K", "\n"))


def read(terminal: int) -> str:
    """What has come by now; nothing once the other side is closed."""
    ready, _, _ = select.select([terminal], [], [], 0.5)
    try:
        return os.read(terminal, 1 << 16).decode(errors="replace") if ready else ""
    except OSError:
        return ""
