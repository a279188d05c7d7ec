"""Whether mining pays so far: mistakes of each round's model on what it picked, and on lots.

Each batch is looked at with the model that picked it. What people looked at again, and what was
taken because the model finds nothing in it, is on neither side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from ymir.picking.batch import CONTROL
from ymir.picking.yields import ENOUGH, Verdict, Yield, mining_yield, mistakes
from ymir.report.collect.again import labelled
from ymir.report.collect.picked import picked, strategy
from ymir.report.names import page_of
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.mining import MinedRound, Mining
from ymir.report.words import plural, some, some_more
from ymir.spec.project import ProjectSpec

_HEADS: dict[Verdict, str] = {
    "pays": "Mining pays so far",
    "open": "Whether mining pays cannot be told from chance yet",
    "loses": "Mining finds less than chance so far",
}
_MEASURES = (
    "Counted are boxes that the round's model missed, invented or took for another class, beside "
    "what people drew. That is how much there was to learn, and not mAP"
)


@dataclass(frozen=True)
class _Batch:
    """A batch that has images by lot, and what is known of it."""

    now: RoundRecord
    counted: pl.DataFrame | None = None  # `mistakes`, `origin`, `round`
    lack: str | None = None  # why it is left out


def mining(project: ProjectRecord, number: int) -> Mining | None:
    """Of the rounds that lead to one, and it; None where nothing was picked by lot, or all was."""
    spec = project.spec
    batches = [_batch(each) for each in project.line(number) if _has_lots(spec, each)]
    if not batches:
        return None
    counted = [each.counted for each in batches if each.counted is not None]
    so_far = mining_yield(pl.concat(counted)) if counted else None
    verdict = so_far.verdict if so_far else "open"
    return Mining(
        verdict,
        _says(verdict, so_far),
        so_far,
        tuple(_rounds(spec, batches)),
        (_measures(project.control), *_left_out(batches)),
    )


def _has_lots(spec: ProjectSpec, now: RoundRecord) -> bool:
    if strategy(spec, now) == "random":
        return False
    batch = picked(now)
    return batch is not None and bool((batch["kind"] == CONTROL).any())


def _batch(now: RoundRecord) -> _Batch:
    batch, home, found = picked(now), labelled(now), now.guesses
    if now.by_model:
        return _Batch(now, lack="labelled by a model alone")
    if batch is None or home is None:
        return _Batch(now, lack="not back yet")
    if found is None:
        return _Batch(now, lack="its model was not asked what it finds")
    truth = home.join(found, on="image", how="semi")
    counts = mistakes(
        truth,
        found.join(truth, on="image", how="semi"),
        labels=[each.label for each in now.testing.per_class],
        threshold=now.believed,
    )
    rows = counts.join(batch, on="image").select(
        "mistakes", origin="kind", round=pl.lit(now.number, pl.Int64)
    )
    return _Batch(now, rows)


def _rounds(spec: ProjectSpec, batches: Sequence[_Batch]) -> Iterator[MinedRound]:
    for each in batches:
        found = None if each.counted is None else mining_yield(each.counted)
        if found:
            number = each.now.number
            yield MinedRound(number, strategy(spec, each.now), found, page_of(number))


def _says(verdict: Verdict, so_far: Yield | None) -> str:
    """The verdict with its figures, in a sentence."""
    if so_far is None:
        return f"{_HEADS[verdict]}: no batch has come back with mined images and images by lot"
    mined, control, gap = so_far.mined, so_far.control, so_far.gap
    held = (
        f"a mined image held {some(mined.mistakes.value)} mistakes of the model, one by lot "
        f"{some(control.mistakes.value)} ({some_more(gap.value)}, 95 %: {some_more(gap.low)} to "
        f"{some_more(gap.high)}; {plural(mined.images, 'image')} and {control.images:,})"
    )
    few = min(mined.images, control.images) < ENOUGH
    more = f"; nothing is said of fewer than {ENOUGH} of either" if few else ""
    return f"{_HEADS[verdict]}: {held}{more}"


def _measures(other: ProjectRecord | None) -> str:
    """What the figures are, and where to see what they are not."""
    if other is None:
        return f"{_MEASURES}: that, a project of the same data tells that mines by `random`."
    return f"{_MEASURES}: that is drawn above, beside `{other.spec.name}`, which mines by `random`."


def _left_out(batches: Sequence[_Batch]) -> Iterator[str]:
    numbers: dict[str, list[str]] = {}
    for each in batches:
        if each.lack:
            numbers.setdefault(each.lack, []).append(str(each.now.number))
    said = [
        f"{'round' if len(those) == 1 else 'rounds'} {', '.join(those)} ({lack})"
        for lack, those in numbers.items()
    ]
    if said:
        yield f"Left out: {'; '.join(said)}."
