"""A million images: import, versions and history, beside YMIR's own command line and plain DVC.

    python benchmarks/data.py                    # everything: a quarter of an hour, 16 GB of disk
    python benchmarks/data.py --quick            # small sizes; goals of large ones are only shown
    python benchmarks/data.py --only plan,near   # some parts

It works in memory where the machine has `/dev/shm`, because what a disk charges for a new file
changes from minute to minute; a million stored images go to a disk.
"""

from __future__ import annotations

import os
import signal
import sys
import time

import data_import
import data_keeping
import data_near
import data_plan
import data_reading
import data_tables
from figures import Figure, arguments, end, write
from place import opened, say

PARTS = {
    "import": data_import.measure,
    "tables": data_tables.measure,
    "plan": data_plan.measure,
    "near": data_near.measure,
    "keeping": data_keeping.measure,
    "reading": data_reading.measure,
}


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "", list(PARTS))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was made is removed
    figures: list[Figure] = []
    cores = len(os.sched_getaffinity(0))
    say(f"{cores} cores; the load is {os.getloadavg()[0]:.1f}: what waits takes longer")
    with opened(is_quick=asked.quick) as place:
        for name in asked.only:
            since = time.monotonic()
            for figure in PARTS[name](place):
                figures.append(figure)
                print(figure, flush=True)
                if asked.json:
                    write(figures, asked.json)  # after each: a part may fail
            say(f"{name}: {time.monotonic() - since:.0f} s")
    end(figures, asked.json)


if __name__ == "__main__":
    main()
