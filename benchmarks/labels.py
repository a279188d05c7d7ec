"""Labels: a batch of 5,000 pictures (`--quick`: 300) out and back, beside the bare calls.

A real server; where it is, `YMIR_LABEL_STUDIO` says, or the PATH; without one nothing is measured.
Either side is a process of its own, start-up included. In between somebody agrees with every
suggestion, which is written into the server's data base to save an hour.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # for what tests share

from figures import Cost, Figure, arguments, conclude, cost_of
from labels_made import Task, answer_all, write_batch, write_task
from place import plain, program, say

from tests.labelstudio.server import COMMAND, Server

FULL, QUICK = 5_000, 300
MOST = 1.5  # times the bare calls
KEY = "0123456789ab"


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "")
    if not COMMAND:
        print("no Label Studio: nothing is measured; YMIR_LABEL_STUDIO says where it is")
        return
    with tempfile.TemporaryDirectory(prefix="ymir-labels-") as name:
        folder = Path(name)
        server = Server(folder / "server", folder)
        say("starting Label Studio")
        try:
            server.start()
            figures = list(_measured(folder, server, is_quick=asked.quick))
        finally:
            server.stop()
    conclude(figures, asked.json)


def _measured(folder: Path, server: Server, *, is_quick: bool) -> Iterator[Figure]:
    count = QUICK if is_quick else FULL
    say(f"making {count:,} pictures")
    batch = write_batch(folder / "pictures", count, KEY)
    task = write_task(folder / "task", Task(server.url, server.token, batch))
    what = f"{count:,} pictures"
    bare, ours = _run("bare", "send", task), _run("ours", "send", task)
    again = _run("ours", "send", task)
    yield from _beside(f"send {what}", bare, ours, is_quick=is_quick)
    yield Figure(f"send {what} again, nothing to do: ymir", again.wall, "s")
    say("answering")
    assert answer_all(server.folder / "label_studio.sqlite3") == 2 * count
    bare, ours = _run("bare", "collect", task), _run("ours", "collect", task)
    yield from _beside(f"take back {what}", bare, ours, is_quick=is_quick)


def _beside(what: str, bare: Cost, ours: Cost, *, is_quick: bool) -> Iterator[Figure]:
    """Small batches take little more than two programs take to start: their ratio is only shown."""
    yield Figure(f"{what}: the bare calls", bare.wall, "s")
    yield Figure(f"{what}: ymir", ours.wall, "s")
    must, reach = (None, None) if is_quick else ("at most", MOST)
    yield Figure(f"{what}: ymir, of the bare calls", ours.wall / bare.wall, "times", must, reach)
    yield Figure(f"{what}: ymir's own processor time", ours.cpu, "CPU s")
    yield Figure(f"{what}: ymir, peak memory", ours.memory, "MB")


def _run(side: str, verb: str, task: Path) -> Cost:
    say(f"{side}: {verb}")
    return cost_of(program(f"labels_{side}", verb, task), env=plain())


if __name__ == "__main__":
    main()
