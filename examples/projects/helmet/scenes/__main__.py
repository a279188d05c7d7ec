"""`python -m scenes OUT` draws the example's four data sets into the folder OUT."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from scenes.shots import PROFILES, shots_of
from scenes.write import WRITERS, write_tags


def main(words: Sequence[str] | None = None) -> None:
    """Write `train`, `val`, `test` and `pool` as the words of a command line (`sys.argv`) ask."""
    parser = argparse.ArgumentParser(prog="python -m scenes", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to write into")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another world")
    arguments = parser.parse_args(words)
    for data_set in PROFILES:
        shots = shots_of(data_set, arguments.seed)
        WRITERS[data_set](arguments.out / data_set, shots, arguments.workers)
        write_tags(arguments.out / data_set, shots)
        sys.stdout.write(f"{data_set}: {len(shots)} images\n")


if __name__ == "__main__":
    main()
