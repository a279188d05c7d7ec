"""Draws the example's pictures into `raw/`; `ymir init --example cluster` runs it once."""

import sys
from pathlib import Path

from pictures import ALL, PLAIN, write_set

SETS = {"train": (40, PLAIN), "val": (40, ALL), "test": (200, ALL), "pool": (1200, ALL)}


def main() -> None:
    """Write four sets; the first pictures show few kinds of lamps."""
    for seed, (name, (count, shares)) in enumerate(SETS.items()):
        write_set(Path("raw") / name, count, shares, seed)
        sys.stdout.write(f"{name}: {count} images\n")


if __name__ == "__main__":
    main()
