"""How an executor ranked images by usefulness: `out/result.tsv` as a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from ymir.jobs.outputs import read_text, wrong
from ymir.jobs.remarks import Remark

FILE = "result.tsv"


@dataclass(frozen=True, eq=False)
class Ranked:
    """Columns `image` and `score`, the most useful image first."""

    images: pl.DataFrame
    remarks: tuple[Remark, ...] = ()


def read_mining(out: Path, candidates: pl.DataFrame) -> Ranked:
    """The candidates in the executor's order, one row for each.

    Executors may write scores that are no numbers: then the file's order holds, and `score` is
    null.
    """
    scores = _scores(read_text(out, FILE), set(candidates["image"]))
    missing = candidates.height - len(scores)
    if missing:
        first = next(image for image in candidates["image"] if image not in scores)
        raise wrong(
            FILE, f"{missing} of {candidates.height} images are not ranked, {first} for one"
        )
    numbers = [_number(text) for text in scores.values()]
    if any(number is not None and math.isnan(number) for number in numbers):
        first = next(image for image, text in scores.items() if math.isnan(_number(text) or 0))
        raise wrong(FILE, f"the score of {first} is NaN")
    schema = pl.Schema({"image": pl.String, "score": pl.Float64})
    if None in numbers:
        unknown = {"image": list(scores), "score": [None] * len(scores)}
        return Ranked(pl.DataFrame(unknown, schema=schema))
    ranked = pl.DataFrame({"image": list(scores), "score": numbers}, schema=schema)
    return Ranked(ranked.sort("score", "image", descending=[True, False]))


def _scores(text: str, asked: set[str]) -> dict[str, str]:
    """Image -> its score as text, in the file's order."""
    scores: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        path, _, rest = line.partition("\t")
        image = PurePosixPath(path.strip()).stem
        if image not in asked:
            raise wrong(FILE, f"line {number}: `{path[:200]}` is not an image that was asked for")
        if image in scores:
            raise wrong(FILE, f"line {number}: image {image} is ranked twice")
        scores[image] = rest.split("\t")[0].strip()
    return scores


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
