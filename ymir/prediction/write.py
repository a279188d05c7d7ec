"""Looks at all there is and writes a folder with what was found, whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from ymir.dvc.files import storing
from ymir.errors import DataError, StoreError
from ymir.prediction.detector import Detector
from ymir.prediction.page import page
from ymir.prediction.pictures import (
    DRAWINGS,
    LARGE,
    SMALL,
    Drawing,
    copy_all,
    draw_all,
    drawing_name,
)
from ymir.prediction.results import FILE, Model, believed, rows, write_results
from ymir.prediction.seen import Reader, Seen

PAGE = "index.html"
_OURS = {PAGE, FILE, SMALL, LARGE, DRAWINGS}
_JOB_SHARE = 0.9  # of a batch's time; the rest is drawing

Tell = Callable[[float, int, int], None]  # share of all, images that are done, of how many


@dataclass(frozen=True)
class Wanted:
    """How the result shall be: where, from which score on, and whether with drawings."""

    out: Path
    threshold: float
    has_drawings: bool = True


@dataclass
class Outcome:
    """What was found: a table with a row per image, and what is to be said of it."""

    found: pl.DataFrame
    remarks: Counter[str] = field(default_factory=Counter)


def refuse_overwriting(out: Path, *, may_replace: bool) -> None:
    """An error where something lies in the way; what may be replaced is an earlier prediction."""
    names = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if out.is_file() or (names and not ({FILE, PAGE} <= names <= _OURS)):
        others = ", ".join(sorted(names - _OURS)[:3]) or "what is no prediction"
        raise StoreError(f"`{out}` holds {others}", hint="name a new folder with `--out`")
    if names and not may_replace:
        raise StoreError(
            f"`{out}` holds an earlier prediction",
            hint="`--force` replaces it; `--out` names another folder",
        )


def write_predictions(reader: Reader, detector: Detector, wanted: Wanted, tell: Tell) -> Outcome:
    """Write drawings, `predictions.json` and a page; the folder is put in place at the end."""
    out = wanted.out.resolve()
    half = out.with_name(f".{out.name}.{secrets.token_hex(4)}.tmp")
    model = Model(detector.package, wanted.threshold)
    with storing(f"`{wanted.out}` cannot be written"):
        half.mkdir(parents=True)
        try:
            outcome = look(reader, detector, wanted, half, tell)
            write_results(half / FILE, outcome.found, model, reader.skipped)
            (half / PAGE).write_text(page(outcome.found, model), encoding="utf-8")
            _put(half, out)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return outcome


def look(reader: Reader, detector: Detector, wanted: Wanted, into: Path, tell: Tell) -> Outcome:
    """What is found in all there is; copies and drawings go `into` a folder."""
    total, done, taken = reader.expected(), 0, set[str]()
    parts: list[pl.DataFrame] = []
    remarks: Counter[str] = Counter()
    for number, read in enumerate(reader.batches(detector.home / "frames"), start=1):
        batch = _readable(read, reader, into)
        if not batch:
            continue
        total = max(total, done + len(batch))
        found, noticed = detector.find(batch, number, partial(_within, tell, done, total, batch))
        remarks.update({each.rule: each.count for each in noticed})
        names = [_drawing(each, taken) if wanted.has_drawings else None for each in batch]
        parts.append(rows(batch, names, found))
        _draw(batch, parts[-1], detector, wanted, into)
        done += len(batch)
        tell(done / total, done, total)
    if not parts:
        name, why = next(iter(reader.skipped.items()))
        raise DataError(
            f"no image can be used; `{name}` for one: {why}",
            hint="name images, folders of them, or videos that can be read",
        )
    return Outcome(pl.concat(parts), remarks)


def _readable(read: Sequence[Seen], reader: Reader, into: Path) -> tuple[Seen, ...]:
    """Those that can be decoded, for which there are copies now; the others are skipped."""
    broken = copy_all({each.digest: each.path for each in read}, into)
    reader.skipped.update(
        {each.name: broken[each.digest] for each in read if each.digest in broken}
    )
    return tuple(each for each in read if each.digest not in broken)


def _within(tell: Tell, done: int, total: int, batch: Sequence[Seen], share: float) -> None:
    tell((done + share * _JOB_SHARE * len(batch)) / total, done, total)


def _draw(
    batch: Sequence[Seen], part: pl.DataFrame, detector: Detector, wanted: Wanted, into: Path
) -> None:
    """The drawings that have a name, with what is believed."""
    objects, names = believed(part, wanted.threshold).to_list(), part["drawing"].to_list()
    drawings = [
        Drawing(seen.path, name, tuple(own))
        for seen, name, own in zip(batch, names, objects, strict=True)
        if name is not None
    ]
    draw_all(drawings, detector.package.class_names, into)


def _drawing(seen: Seen, taken: set[str]) -> str:
    """A name that no other drawing has, whatever the letters' case."""
    wanted = Path(drawing_name(seen.name, str(seen.row["format"])))
    name, number = wanted.as_posix(), 1
    while name.lower() in taken:
        number += 1
        name = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}").as_posix()
    taken.add(name.lower())
    return name


def _put(half: Path, out: Path) -> None:
    """In place of an empty folder, or of an earlier prediction, which goes at last."""
    if not out.exists():
        half.rename(out)
        return
    old = out.with_name(f".{out.name}.{secrets.token_hex(4)}.old")
    out.rename(old)
    half.rename(out)
    shutil.rmtree(old, ignore_errors=True)
