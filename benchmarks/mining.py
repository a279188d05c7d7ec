"""Mining: what it saves in labels, how it scales, and a million images.

`quality` replays the whole loop on generated building sites (`ymir simulate`): labels needed for
80, 90 and 95 % of what all labels give, over several worlds, strategy by strategy. It is long: what
is done is kept in `--work`, and the same command goes on from there; `--table` only says what is
there. `scaling` puts shards on more workers, on this machine and on a Slurm of its own; `million`
mines a pool of a million images.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

from figures import Figure, conclude
from mining_quality import OTHERS, SEEDS, quality

PARTS = ("quality", "scaling", "million")  # the others are modules `mining_<part>`


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = _asked()
    figures: list[Figure] = []
    if "quality" in asked.only:
        try:
            figures += quality(asked)
        except (KeyboardInterrupt, subprocess.CalledProcessError) as error:
            sys.exit(f"stopped: {error or 'by hand'}; with `--work`, the same command goes on")
    for part in ("scaling", "million"):
        if part in asked.only:
            figures += importlib.import_module(f"mining_{part}").figures(is_quick=asked.quick)
    conclude(figures, asked.json)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller, in a minute and a half")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,…", help="by name")
    parser.add_argument("--work", type=Path, metavar="DIR", help="what is done stays here")
    parser.add_argument("--table", action="store_true", help="run nothing: say what `--work` has")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="worlds of each kind")
    parser.add_argument("--strategies", default=",".join(OTHERS), help="besides chance and ours")
    parser.add_argument("--pools", default="clips,easy", help="kinds of worlds")
    parser.add_argument(
        "--publish", action="store_true", help="tables into README.md, and curves into mining.svg"
    )
    asked = parser.parse_args()
    asked.only = asked.only.split(",")
    if unknown := set(asked.only) - set(PARTS):
        parser.error(f"no part is called `{unknown.pop()}`: there are {', '.join(PARTS)}")
    return asked


if __name__ == "__main__":
    main()
