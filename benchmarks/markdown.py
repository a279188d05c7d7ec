"""The figures that `--json` wrote, as tables for README.md: `python benchmarks/markdown.py FILE`.

First what must reach something, then what was measured beside it.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path

from figures import Figure, amount

_SIGNS = {"at most": "≤", "at least": "≥"}


def main() -> None:
    """Print both tables."""
    rows = json.loads(Path(sys.argv[1]).read_text())
    figures = [Figure(**{name: row[name] for name in row if name != "ok"}) for row in rows]
    print("| figure | measured | must be |\n|---|---|---|")
    for each in figures:
        if each.must:
            print(f"| {each.name} | {_told(each)} | {_goal(each)} |")
    print("\n| beside them | measured |\n|---|---|")
    for name, some in groupby((each for each in figures if not each.must), lambda each: each.name):
        print(f"| {name} | {', '.join(map(_told, some))} |")


def _told(figure: Figure) -> str:
    return f"{amount(figure.value)} {figure.unit}"


def _goal(figure: Figure) -> str:
    short = "" if figure.is_reached else ": **falls short**"
    return f"{_SIGNS[str(figure.must)]} {figure.reach:,g} {figure.unit}{short}"


if __name__ == "__main__":
    main()
