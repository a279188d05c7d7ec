"""A first import of photographs, beside reading and hashing the same files on the same cores."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator

from figures import Figure
from made import write_pictures
from place import Place, plain, program, remove, say, settle

SIDE = 388  # pixels of noise: about 100 KB
REPEATS = 5
SHARE = 85


def measure(place: Place) -> Iterator[Figure]:
    """The figures of reading."""
    count = place.size(10_000, 1_000)
    say(f"making {count:,} images of 100 KB")
    folder = write_pictures(place.memory / "photographs", range(count), side=SIDE)
    size = sum(file.stat().st_size for file in folder.rglob("*.jpg")) / count
    settle()
    say(f"reading and hashing, then importing, {REPEATS} times")
    command = program("read", folder, place.memory / "reading", str(REPEATS))
    told = subprocess.run(command, env=plain(), check=True, stdout=subprocess.PIPE, text=True)
    walls = [json.loads(line) for line in told.stdout.splitlines()]
    floor = statistics.median(each["hash"] for each in walls)
    what = f"first import of {count:,} images of {size / 1000:.0f} KB"
    yield Figure(f"{what}: reading and hashing", count / floor, "images/s")
    for how in ("link", "copy"):
        wall = statistics.median(each[how] for each in walls)
        share = statistics.median(100 * each["hash"] / each[how] for each in walls)
        yield Figure(f"{what}: ymir, `store: {how}`", count / wall, "images/s")
        yield place.at_scale(
            Figure(f"{what}: of that speed, `store: {how}`", share, "%", "at least", SHARE)
        )
    remove(folder)
