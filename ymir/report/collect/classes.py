"""The classes of a round: the table, the curves, and what was taken for what."""

from __future__ import annotations

from collections.abc import Mapping

from ymir.data.table import objects_of
from ymir.metrics.scores import ClassScores, Curve, Scores
from ymir.report.record import RoundRecord
from ymir.report.shown.quality import Cell, ClassCurve, ClassRow, Confusion
from ymir.report.shown.summary import Weakest
from ymir.spec.project import ProjectSpec

MOST_CURVES = 12
MOST_CONFUSED = 12
BACKGROUND = "background"


def class_rows(
    spec: ProjectSpec, now: RoundRecord, before: RoundRecord | None
) -> tuple[ClassRow, ...]:
    """One row per class, the one furthest below its floor first."""
    earlier = {each.label: each for each in before.testing.per_class} if before else {}
    trained = _boxes_in_training(now)
    rows = [
        _row(each, earlier.get(each.label), spec.goal.per_class.get(each.label), trained)
        for each in now.testing.per_class
    ]
    return tuple(sorted(rows, key=_distance))


def weakest(rows: tuple[ClassRow, ...]) -> Weakest | None:
    """The first class that could be judged."""
    for row in rows:
        if row.ap50 is not None:
            return Weakest(row.label, row.ap50.value, row.floor, row.room)
    return None


def curves(now: Scores, before: Scores | None) -> tuple[tuple[ClassCurve, ...], int]:
    """The curves of the weakest classes, weakest first, and how many are left out."""
    earlier = {each.label: each.curve for each in before.per_class} if before else {}
    known = [
        _curve(each.label, each.ap50.value, each.curve, earlier.get(each.label), now.threshold)
        for each in now.per_class
        if each.ap50 is not None and each.curve is not None
    ]
    known.sort(key=lambda each: each.ap50)
    return tuple(known[:MOST_CURVES]), max(0, len(known) - MOST_CURVES)


def confusion(scores: Scores) -> Confusion:
    """The confusion matrix; of many classes, those with the most wrong boxes."""
    names = [each.label for each in scores.per_class]
    wrong = {at: each.false_positives + each.false_negatives for at, each in _numbered(scores)}
    most = sorted(wrong, key=lambda at: (-wrong[at], at))[:MOST_CONFUSED]
    kept = [*sorted(most), len(names)]
    named = [*names, BACKGROUND]
    rows = tuple((named[at], _cells(scores.confusion[at], at, kept)) for at in kept)
    return Confusion(tuple(named[at] for at in kept), rows, len(names) - len(most))


def _numbered(scores: Scores) -> list[tuple[int, ClassScores]]:
    return list(enumerate(scores.per_class))


def _cells(counts: tuple[int, ...], row: int, kept: list[int]) -> tuple[Cell, ...]:
    total = sum(counts) or 1
    return tuple(Cell(counts[at], counts[at] / total, at == row) for at in kept)


def _boxes_in_training(now: RoundRecord) -> Mapping[str, int]:
    training = now.table("training")
    if training is None:
        return {}
    return dict(objects_of(training).group_by("label").len().iter_rows())


def _row(
    now: ClassScores, before: ClassScores | None, floor: float | None, trained: Mapping[str, int]
) -> ClassRow:
    value = now.ap50.value if now.ap50 else None
    earlier = before.ap50.value if before and before.ap50 else None
    return ClassRow(
        label=now.label,
        ap50=now.ap50,
        before=earlier,
        change=None if value is None or earlier is None else value - earlier,
        floor=floor,
        room=None if value is None or floor is None else value - floor,
        testing=now.boxes,
        training=trained.get(now.label, 0),
        found=now.true_positives,
        invented=now.false_positives,
        missed=now.false_negatives,
    )


def _distance(row: ClassRow) -> tuple[int, float, str]:
    """Classes with a floor first, then those without, then those that cannot be judged."""
    if row.room is not None:
        return (0, row.room, row.label)
    return (1, row.ap50.value, row.label) if row.ap50 else (2, 0.0, row.label)


def _curve(
    label: str, ap50: float, now: Curve, before: Curve | None, threshold: float
) -> ClassCurve:
    reached = [
        at
        for at, (precision, score) in enumerate(zip(now.precision, now.score, strict=True))
        if precision > 0 and score >= threshold
    ]
    last = reached[-1] if reached else None
    return ClassCurve(
        label=label,
        ap50=ap50,
        precision=now.precision,
        before=before.precision if before else None,
        at=None if last is None else (last / (len(now.precision) - 1), now.precision[last]),
        score=now.score,
    )
