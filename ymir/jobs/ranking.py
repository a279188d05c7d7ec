"""How an executor ranked images by usefulness: `out/result.tsv` as a table."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Set
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

import polars as pl

from ymir.jobs.outputs import read_text, wrong
from ymir.jobs.remarks import Notes, Remark

FILE = "result.tsv"

_LARGEST = sys.float_info.max
_SCHEMA = pl.Schema({"image": pl.String, "score": pl.Float64})


@dataclass(frozen=True, eq=False)
class Ranked:
    """Columns `image` and `score`, the most useful image first; what is not ranked is not there.

    Scores are finite. Executors may write some that are no numbers: then the file's order holds,
    and all of `score` is null.
    """

    images: pl.DataFrame
    remarks: tuple[Remark, ...] = ()


def read_mining(out: Path, candidates: pl.DataFrame) -> Ranked:
    """The candidates in the executor's order."""
    notes = Notes()
    asked = frozenset(candidates["image"])
    scores = _scores(read_text(out, FILE), asked, notes)
    if asked and not scores:
        raise wrong(FILE, f"none of the {len(asked)} images is ranked")
    missing = candidates.filter(~pl.col("image").is_in(list(scores)))["image"]
    notes.add("image-unranked", "".join(missing.head(1)), len(missing))
    numbers = _numbers(scores, notes)
    if numbers is None:
        unknown = {"image": list(scores), "score": [None] * len(scores)}
        return Ranked(pl.DataFrame(unknown, schema=_SCHEMA), notes.remarks)
    ranked = pl.DataFrame({"image": list(scores), "score": numbers}, schema=_SCHEMA)
    return Ranked(ranked.sort("score", "image", descending=[True, False]), notes.remarks)


def _scores(text: str, asked: Set[str], notes: Notes) -> dict[str, str]:
    """Image -> its score as text, in the file's order."""
    scores: dict[str, str] = {}
    for line in filter(str.strip, text.splitlines()):
        path, score = _columns(line, notes)
        image = PurePosixPath(path).stem
        if image not in asked:
            notes.add("image-unknown", path)
        elif image in scores:
            notes.add("image-ranked-twice", path)
        else:
            scores[image] = score
    return scores


def _columns(line: str, notes: Notes) -> tuple[str, str]:
    """Path and score; more columns may follow."""
    if "\t" in line:
        path, score, *_ = (*line.split("\t"), "")
        return path.strip(), score.strip()
    path, _, rest = line.strip().partition(" ")
    if rest:
        notes.add("blank-for-tab", line)
    return path, rest.strip()


def _numbers(scores: Mapping[str, str], notes: Notes) -> list[float] | None:
    """The scores, if all are numbers; what is infinite comes just beyond all others, NaN last."""
    numbers = [_number(text) for text in scores.values()]
    texts = [image for image, number in zip(scores, numbers, strict=True) if number is None]
    if texts:
        notes.add("score-not-a-number", f"{texts[0]}: {scores[texts[0]]}", len(texts))
        return None
    known = [number for number in numbers if number is not None]
    odd = [image for image, each in zip(scores, known, strict=True) if not math.isfinite(each)]
    if odd:
        notes.add("score-not-finite", f"{odd[0]}: {scores[odd[0]]}", len(odd))
    climbs = [f"{after} after {before}" for before, after in pairwise(known) if after > before]
    notes.add("unsorted", "".join(climbs[:1]), len(climbs))
    return _finite(known)


def _finite(numbers: list[float]) -> list[float]:
    """The numbers in an order that all of them have."""
    usual = [number for number in numbers if math.isfinite(number)]
    low, high = min(usual, default=0.0), max(usual, default=0.0)
    step = max(1.0, abs(low) * 1e-6, abs(high) * 1e-6)
    beyond = {math.inf: high + step, -math.inf: low - step}
    placed = [low - 2 * step if math.isnan(each) else beyond.get(each, each) for each in numbers]
    return [min(max(each, -_LARGEST), _LARGEST) for each in placed]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
