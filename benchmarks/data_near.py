"""The search for near duplicates among perceptual hashes, with pairs planted to be found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from figures import Figure, cost_of
from made import hashes
from place import Place, plain, program, say

PLANTED = 4_000
SECONDS, MEMORY = 60, 2_048


def measure(place: Place) -> Iterator[Figure]:
    """The figures of the search; an error where it misses a pair."""
    count = place.size(1_000_000, 100_000)
    made, planted = hashes(count, PLANTED)
    file, out = place.memory / "hashes.npy", place.memory / "pairs.npy"
    np.save(file, made)
    for distance in (4, 8):
        say(f"near duplicates within {distance} bits, {count:,} hashes")
        cost = cost_of(program("operate", f"near-{distance}", out, file), env=plain())
        wanted = planted[planted[:, 2] <= distance]
        found = np.load(out)
        has = np.isin(wanted[:, 0] * count + wanted[:, 1], found[:, 0] * count + found[:, 1])
        what = f"near duplicates within {distance} bits, {count:,} hashes"
        yield Figure(what, cost.cpu, "CPU s", "at most", SECONDS)
        yield Figure(f"{what}: peak memory", cost.memory, "MB", "at most", MEMORY)
        yield Figure(f"{what}: planted pairs found", 100 * float(has.mean()), "%", "at least", 100)
