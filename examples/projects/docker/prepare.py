"""Draws pictures of signal lamps into `raw/`; `ymir init --example docker` runs it once."""

import sys
from importlib import import_module
from pathlib import Path

from ymir.resources import resource

IMAGES = {"train": 40, "val": 40, "test": 100, "pool": 200}


def main() -> None:
    """Write four sets; the first pictures show few kinds of lamps."""
    sys.path.insert(0, str(resource("examples") / "projects" / "cluster"))
    draw = import_module("pictures")
    for seed, (name, count) in enumerate(IMAGES.items()):
        shares = draw.PLAIN if name == "train" else draw.ALL
        draw.write_set(Path("raw") / name, count, shares, seed)
        sys.stdout.write(f"{name}: {count} images\n")


if __name__ == "__main__":
    main()
