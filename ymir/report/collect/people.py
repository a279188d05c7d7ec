"""Who labelled, how long it took, what it cost, and how far they agree."""

from __future__ import annotations

from collections.abc import Sequence

from ymir.plan.history import number_in
from ymir.report.record import RoundRecord
from ymir.report.shown.batches import Agreement, People
from ymir.spec.label import price
from ymir.spec.project import ProjectSpec


def people(spec: ProjectSpec, now: RoundRecord) -> People | None:
    """What was answered for the round's batch; None where no person did, or nobody counted."""
    said = now.fact("label", "people")
    if not isinstance(said, dict) or not number_in(said, "answers"):
        return None
    answers = number_in(said, "answers")
    amount, currency = price(spec.label.cost) if spec.label.cost else (None, None)
    rows = now.table("answers")
    seconds = rows["seconds"].drop_nulls() if rows is not None else None
    return People(
        answers=answers,
        annotators=number_in(said, "annotators") or None,
        timed=0 if seconds is None else seconds.len(),
        seconds=None if seconds is None or seconds.is_empty() else float(seconds.sum()),
        cost=None if amount is None else amount * answers,
        currency=currency,
    )


def cost(spec: ProjectSpec, rounds: Sequence[RoundRecord]) -> float | None:
    """What the answers of these rounds cost at today's price; None where the spec has no price."""
    if spec.label.cost is None:
        return None
    amount, _ = price(spec.label.cost)
    return amount * sum(map(_answers, rounds))


def agreement(now: RoundRecord) -> Agreement | None:
    """How far the answers to images with several of them agree; None where there are none."""
    said = now.fact("label", "agreement")
    if not isinstance(said, dict) or not number_in(said, "images"):
        return None
    f1, iou = said.get("f1"), said.get("iou")
    if not isinstance(f1, int | float):
        return None
    return Agreement(
        images=number_in(said, "images"),
        boxes=number_in(said, "boxes"),
        f1=float(f1),
        iou=float(iou) if isinstance(iou, int | float) else None,
    )


def _answers(each: RoundRecord) -> int:
    """What people answered; records older than that count images only."""
    said = each.fact("label", "people")
    return number_in(said, "answers") if isinstance(said, dict) else each.labelled
