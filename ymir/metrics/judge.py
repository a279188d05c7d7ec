"""The judge: what one model's predictions are worth against the truth, and where they fail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from ymir.metrics import bootstrap, evaluator
from ymir.metrics.bootstrap import band, exact, over_labels
from ymir.metrics.boxes import Bools, Floats, Sides, sides
from ymir.metrics.confidence import best_f1
from ymir.metrics.evaluator import Evaluation
from ymir.metrics.matches import matches
from ymir.metrics.scores import Band, ClassScores, Curve, Scores

_THRESHOLD = 0.5  # where no prediction is right, and so none is better than another


def judge(
    truth: pl.DataFrame,
    predictions: pl.DataFrame,
    *,
    labels: Sequence[str],
    seed: int = 0,
    resamples: int = 200,
) -> tuple[Scores, pl.DataFrame]:
    """Score `predictions` against `truth`; the second value says what became of each box.

    Both are datasets of the same images. Truth of other labels counts as background; where there
    is no truth at all, mAP is 0, since nothing is shown. For the table see `MATCHES`.
    """
    both = sides(truth, predictions, labels=labels)
    found = evaluator.evaluate(both)
    draws = bootstrap.resampled(both.images, seed=seed, resamples=resamples)
    samples = bootstrap.average_precision(both, found, draws)
    return _scores(both, found, samples), matches(both, found)


def _scores(both: Sides, found: Evaluation, samples: Floats) -> Scores:
    threshold = best_threshold(both, found)
    counted = ~found.ignored[0] & (both.predictions.score >= threshold)
    per_class = tuple(
        _class_scores(both, found, label, counted=counted, samples=samples[:, label, 0])
        for label in range(len(both.labels))
    )
    present = np.array([each.boxes > 0 for each in per_class], dtype=np.bool_)
    by_iou = found.precision.mean(axis=1)[:, present]
    at_50, at_all = (0.0, 0.0) if not present.any() else (by_iou[0].mean(), by_iou.mean())
    return Scores(
        evaluator=evaluator.NAME,
        images=both.images,
        boxes=sum(each.boxes for each in per_class),
        map=band(float(at_50), over_labels(samples[:, :, :1])),
        map_50_95=band(float(at_all), over_labels(samples)),
        threshold=threshold,
        per_class=per_class,
        confusion=tuple(map(tuple, evaluator.confusion(both, counted=counted).tolist())),
    )


def _class_scores(
    both: Sides, found: Evaluation, label: int, *, counted: Bools, samples: Floats
) -> ClassScores:
    wanted = (both.truth.label == label) & ~both.truth.crowd
    mine = counted & (both.predictions.label == label)
    boxes, hits = int(wanted.sum()), int((mine & found.correct[0]).sum())
    precision = found.precision[:, :, label]
    ap50: Band | None = None
    curve: Curve | None = None
    if boxes:
        ap50 = band(float(precision[0].mean()), samples)
        curve = Curve(tuple(precision[0].tolist()), tuple(found.score[:, label].tolist()))
    return ClassScores(
        label=both.labels[label],
        ap50=ap50,
        ap50_95=exact(precision.mean()) if boxes else None,
        boxes=boxes,
        images=len(np.unique(both.truth.image[wanted])),
        true_positives=hits,
        false_positives=int(mine.sum()) - hits,
        false_negatives=boxes - hits,
        curve=curve,
    )


def best_threshold(both: Sides, found: Evaluation) -> float:
    """The score with the best F1 over all labels at IoU 0.5; of equals, the highest."""
    considered = ~found.ignored[0]
    best = best_f1(
        both.predictions.score[considered],
        found.correct[0][considered],
        truth=int((~both.truth.crowd).sum()),
    )
    return best.score if best else _THRESHOLD
