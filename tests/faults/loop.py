"""All points of the loop that the crash tests share, a share of it in each of their files."""

import os
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from tests.faults.matrix import Run, run
from tests.faults.small import small

CHAIN = 1 if os.environ.get("YMIR_SOAK") else 5  # kills in a row, each of what the last one left
STRIDE = 1 if os.environ.get("YMIR_SOAK") else int(os.environ.get("YMIR_CRASHES", "4"))


@cache
def undisturbed() -> Run:
    """Two rounds, with labels that are there already."""
    folder = Path(mkdtemp(prefix="ymir-crashes-"))
    return run(small(folder / "pets"), ("apply",), folder)


def complaints(number: int, folder: Path) -> list[str]:
    """What is not as it should be after a part was killed at its points."""
    whole = undisturbed()
    return [
        line
        for each, points in enumerate(_chains(whole, number))
        for line in whole.survives(whole.parts[number], points, folder / str(each))
    ]


def _chains(whole: Run, number: int) -> list[range]:
    """The points of a part, some in a row; of these rows every so many."""
    points = whole.parts[number].points
    rows = [points[at : at + CHAIN] for at in range(0, len(points), CHAIN)]
    return rows[number % STRIDE :: STRIDE]
