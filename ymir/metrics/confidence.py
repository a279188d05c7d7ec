"""What scores mean: how many predictions are right at each, and from which on to believe them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ymir.metrics.boxes import Bools, Floats


@dataclass(frozen=True)
class Operating:
    """What is reached with the predictions from `score` on."""

    score: float
    f1: float
    precision: float
    recall: float


def best_f1(score: Floats, correct: Bools, *, truth: int) -> Operating | None:
    """The score with the best F1, of equals the highest; None where no prediction is right.

    By prediction its score and whether it found one of the `truth` boxes.
    """
    order = np.argsort(-score, kind="stable")
    score, hits = score[order], np.cumsum(correct[order])
    if not len(order) or not hits[-1]:
        return None
    taken = np.arange(1, len(order) + 1)
    f1 = 2 * hits / (taken + truth)
    is_last = np.append(score[1:] != score[:-1], [True])  # equal scores are taken together
    at = int(np.argmax(np.where(is_last, f1, -1.0)))
    return Operating(
        float(score[at]), float(f1[at]), float(hits[at] / taken[at]), float(hits[at] / truth)
    )


def operating(matches: pl.DataFrame, *, label: str | None = None) -> Operating | None:
    """The best F1 of one label, or of all together, by a table of matches (see `MATCHES`)."""
    counted = matches.filter(pl.col("outcome") != "ignored")
    if label is not None:
        counted = counted.filter(pl.col("label") == label)
    found = counted.filter(pl.col("side") == "prediction")
    return best_f1(
        found["score"].cast(pl.Float64).to_numpy(),
        (found["outcome"] == "tp").to_numpy(),
        truth=counted.height - found.height,
    )


def histogram(matches: pl.DataFrame, *, bins: int = 20) -> tuple[tuple[int, int], ...]:
    """How many predictions are right and how many wrong, by score in `bins` equal parts of 0..1.

    A part holds its lower end; the last one holds 1, too. What is ignored is in none.
    """
    found = matches.filter((pl.col("side") == "prediction") & (pl.col("outcome") != "ignored"))
    place = (pl.col("score").cast(pl.Float64) * bins).floor().clip(0, bins - 1).cast(pl.Int64)
    counts = found.group_by(place=place, right=pl.col("outcome") == "tp").len()
    known = {(place, right): count for place, right, count in counts.iter_rows()}
    return tuple((known.get((at, True), 0), known.get((at, False), 0)) for at in range(bins))
