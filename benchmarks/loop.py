"""The loop: what it adds to its executors' own time, and whether that stays so, round after round.

`--quick` makes one round of the helmet example; without it, the whole example runs until its goal
is met, as in `make demo`. The environment variable `YMIR_APPLIED` names a workspace to measure that
was applied before, such as the demo's. `--only long` is the rounds without end: 500 of fakes, and
50 real ones; in full they take a quarter of an hour on two free cores.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import loop_long
from figures import Figure, arguments, conclude, cost_of

YMIR = [str(Path(sys.executable).with_name("ymir"))]
REPEATS = 5


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "", ("helmet", "long"))
    figures = _helmet(is_quick=asked.quick) if "helmet" in asked.only else []
    if "long" in asked.only:
        figures += loop_long.figures(is_quick=asked.quick)
    conclude(figures, asked.json)


def _helmet(*, is_quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="ymir-loop-") as folder:
        workspace = Path(os.environ.get("YMIR_APPLIED", Path(folder) / "helmet"))
        if not (workspace / "specs").exists():
            cost_of([*YMIR, "init", "--example", "helmet", str(workspace)])
            if is_quick:
                _shorten(workspace)
        return [_overhead(workspace), *_idle(workspace)]


def _shorten(workspace: Path) -> None:
    spec = workspace / "specs" / "project.yaml"
    text = spec.read_text()
    spec.write_text(text.replace("rounds: 5", "rounds: 1").replace("map: 0.85", "map: 0.1"))


def _overhead(workspace: Path) -> Figure:
    events = workspace / ".ymir" / "events.jsonl"
    if not events.exists():
        cost_of([*YMIR, "apply", "-C", str(workspace)])
    entries = [json.loads(line) for line in events.read_text().splitlines()]
    done = [entry for entry in entries if entry["event"] == "recorded"]
    jobs = sum(entry["job_seconds"] for entry in done)
    wall = entries[-1]["time"] - entries[0]["time"] + done[0]["seconds"]
    return Figure(
        "apply minus the executors' own time", 100 * (wall - jobs) / wall, "%", "at most", 10
    )


def _idle(workspace: Path) -> list[Figure]:
    figures = []
    for command in ("plan", "apply"):
        walls = []
        for _ in range(REPEATS):
            since = time.perf_counter()
            cost_of([*YMIR, command, "-C", str(workspace)], stdout=subprocess.DEVNULL)
            walls.append(time.perf_counter() - since)
        name = f"{command} with nothing to do (median of {REPEATS})"
        figures.append(Figure(name, statistics.median(walls), "s", "at most", 1.0))
    return figures


if __name__ == "__main__":
    main()
