"""Merge, exclude, filter and sample, start-up included, against the same of `mir`.

Both begin with one dataset, sample half of it, take that half out of it, merge the halves, and
filter images by class. A version costs what its files take on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
from data_import import voc
from figures import Cost, Figure, cost_of, typical
from made import CLASSES, table
from peers import imported
from place import Place, plain, program, say

from ymir.media.tables import write_table

SECONDS, MEMORY, BYTES, TIMES = 5, 2_560, 120, 40
REPEATS = 3
# what is done, and to what: each result can be worked on by the next
WORK = {
    "sample": ("all",),
    "exclude": ("all", "sample"),
    "merge": ("sample", "exclude"),
    "merge-first": ("most", "more"),
    "filter-images": ("all",),
    "filter-boxes": ("all",),
}
TITLES = {
    "sample": "sample half",
    "exclude": "exclude half",
    "merge": "merge the halves",
    "merge-first": "merge a tenth more, half of it known",
    "filter-images": "filter, images by class",
    "filter-boxes": "filter, boxes by class",
}


def measure(place: Place) -> Iterator[Figure]:
    """The figures of operations and of versions."""
    count = place.size(1_000_000, 50_000)
    say(f"making a table of {count:,} images")
    folder = place.memory / "tables"
    _write_tables(folder, count)
    costs = {}
    for verb, files in WORK.items():
        say(f"{TITLES[verb]}, {count:,} images")
        costs[verb] = cost = _cost(verb, folder, files)
        what = f"{TITLES[verb]} ({count:,} images)"
        yield Figure(f"{what}: ymir", cost.cpu, "CPU s", "at most", SECONDS)
        yield Figure(f"{what}: ymir, peak memory", cost.memory, "MB", "at most", MEMORY)
    for verb in ("merge", "filter-images"):
        file = folder / f"{verb}.parquet"
        rows = pl.scan_parquet(file).select(pl.len()).collect().item()
        what = f"a derived version on disk, per image ({TITLES[verb]})"
        yield Figure(f"{what}: ymir", file.stat().st_size / rows, "bytes", "at most", BYTES)
    yield from _against_mir(place, count, costs)
    for file in folder.iterdir():
        file.unlink()


def _write_tables(folder: Path, count: int) -> None:
    known = table(count, seed=1)
    write_table(known, folder / "all.parquet")
    write_table(known.head(count - count // 20), folder / "most.parquet")
    new = table(count // 20, seed=2, first=count)
    again = known.head(count // 20).with_columns(objects=pl.col("objects").list.head(1))
    write_table(pl.concat([again, new]), folder / "more.parquet")


def _cost(verb: str, folder: Path, files: tuple[str, ...]) -> Cost:
    inputs = [folder / f"{name}.parquet" for name in files]
    command = program("operate", verb, folder / f"{verb}.parquet", *inputs)
    return typical([cost_of(command, env=plain()) for _ in range(REPEATS)])


def _against_mir(place: Place, count: int, ours: Mapping[str, Cost]) -> Iterator[Figure]:
    fewer = place.size(100_000, 2_000)
    mir = imported(place.memory / "mir", voc(place, fewer))
    if mir is None:
        return
    half, size = str(fewer // 2), 0
    words = {
        "sample": ("sampling", "half@half", "--src-revs", "a@a", "--count", half),
        "exclude": ("merge", "rest@rest", "--src-revs", "a@a", "--ex-src-revs", "half@half"),
        "merge": ("merge", "both@both", "--src-revs", "half@half;rest@rest"),
        "filter-images": (
            "filter",
            "some@some",
            "--src-revs",
            "a@a",
            "--cis",
            ";".join(CLASSES[:2]),
        ),
    }
    for verb, (theirs, revision, *rest) in words.items():
        say(f"mir {theirs}, {fewer:,} images")
        before = mir.size() if verb == "merge" else 0
        cost = mir.derive(theirs, revision, *rest)
        size = size or (mir.size() - before if verb == "merge" else 0)
        what = f"{TITLES[verb]} ({fewer:,} images): mir"
        yield Figure(what, cost.cpu, "CPU s")
        yield Figure(f"{what}, peak memory", cost.memory, "MB")
        less = (cost.cpu / fewer) / (ours[verb].cpu / count)
        what = f"{TITLES[verb]}: less CPU per image than mir"
        yield place.at_scale(Figure(what, less, "times", "at least", TIMES))
    yield Figure("a derived version on disk, per image: mir, git included", size / fewer, "bytes")
