"""Reports: how large the page of a round is, how soon a browser shows it, what it costs to make.

Two rounds on 10,000 testing images (`--quick`: 3,000) with 10 boxes each. The browser is Chromium,
driven by Playwright; where one of them is missing, its figures are left out.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # for what tests share

from figures import Cost, Figure, arguments, conclude, cost_of
from report_made import NAME, SMALL, write_bench

from tests.browsing import CHROMIUM

FULL, QUICK = 10_000, 3_000
LARGEST = 15.0  # MB
SCRIPT = Path(__file__).with_name("report_page.py")


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "")
    images = QUICK if asked.quick else FULL
    with tempfile.TemporaryDirectory(prefix="ymir-report-") as name:
        folder = Path(name)
        bench = write_bench(folder, images)
        figures = [*_made(bench, folder, images), *_seen(folder, images)]
    conclude(figures, asked.json)


def _made(bench: Path, folder: Path, images: int) -> list[Figure]:
    """Twice: as a first report, and as the next one, whose pictures are there."""
    alone, _ = _timed(folder, "small", bench, folder / "alone")
    first, cost = _timed(folder, "build", bench, folder / "cache", folder / "page")
    again, _ = _timed(folder, "build", bench, folder / "cache", folder / "page")
    page = folder / "page" / NAME
    of = f"{images:,} images"
    return [
        Figure(f"the page of {of}", page.stat().st_size / 1e6, "MB", "at most", LARGEST),
        Figure(f"pictures beside it, of {of}", _bytes_beside(page.parent) / 1e6, "MB"),
        Figure("a first report, per image", 1000 * sum(first.values()) / images, "ms"),
        Figure("only its pictures, per image", 1000 * sum(alone.values()) / SMALL, "ms"),
        Figure("the next report, per image", 1000 * sum(again.values()) / images, "ms"),
        *(Figure(f"the next report: {part}", took, "s") for part, took in again.items()),
        Figure("a first report, peak memory", cost.memory, "MB"),
    ]


def _timed(folder: Path, *work: str | Path) -> tuple[dict[str, float], Cost]:
    times = folder / "times.json"
    cost = cost_of([sys.executable, str(SCRIPT), str(times), *map(str, work)])
    return json.loads(times.read_text()), cost


def _bytes_beside(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.webp"))


def _seen(folder: Path, images: int) -> list[Figure]:
    if CHROMIUM is None or importlib.util.find_spec("playwright") is None:
        print("no Chromium or no Playwright: no figures of a browser", file=sys.stderr)
        return []
    from report_browsed import browsed

    return browsed(folder / "page" / NAME, images)


if __name__ == "__main__":
    main()
