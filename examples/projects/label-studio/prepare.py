"""Draws the example's pictures into `raw/`: a part of those of the helmet example."""

import sys
from importlib import import_module
from pathlib import Path

from ymir.resources import resource

IMAGES = {"train": 40, "val": 40, "test": 120, "pool": 160}
OUT = Path("raw")


def main() -> None:
    """Write `train`, `val` and `test` with their labels, and `pool` without."""
    sys.path.insert(0, str(resource("examples") / "projects" / "helmet"))
    shots, write = import_module("scenes.shots"), import_module("scenes.write")
    for name, count in IMAGES.items():
        write.WRITERS[name](OUT / name, shots.shots_of(name, 1)[:count], 1)
        sys.stdout.write(f"{name}: {count} images\n")
    (OUT / "pool" / "annotations.json").unlink()


if __name__ == "__main__":
    main()
