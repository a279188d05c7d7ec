"""Draws the example's pictures into `raw/`: signal lamps, of which one railway uses other words."""

import sys
from importlib import import_module
from pathlib import Path

from ymir.resources import resource

ITS_WORDS = ("red", "amber", "green")


def main() -> None:
    """Write what the road has, what the railway has, and what both are judged on."""
    sys.path.insert(0, str(resource("examples") / "projects" / "cluster"))
    draw = import_module("pictures")
    sets = {
        "road": (60, draw.PLAIN, draw.CLASSES),
        "rail": (20, draw.ODD, ITS_WORDS),
        "val": (40, draw.ALL, draw.CLASSES),
        "test": (200, draw.ALL, draw.CLASSES),
        "pool": (200, draw.ALL, draw.CLASSES),
    }
    for seed, (name, (count, shares, names)) in enumerate(sets.items()):
        draw.write_set(Path("raw") / name, count, shares, seed, names)


if __name__ == "__main__":
    main()
