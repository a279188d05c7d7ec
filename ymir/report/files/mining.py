"""What `summary.md` says of how a batch was picked, and of whether mining pays."""

from __future__ import annotations

from collections.abc import Iterator

from ymir.report import words
from ymir.report.files.markdown import sentence, table
from ymir.report.shown.batches import Batch, Part
from ymir.report.shown.mining import Mining


def mining(batch: Batch | None, found: Mining | None) -> Iterator[str]:
    """Nothing where all of the batch was mined, and nothing was picked by lot in any."""
    parts = batch.parts if batch and len(batch.parts) > 1 else ()
    if not parts and found is None:
        return
    heads = ("picked", "images:", "came back:", "boxes:", "per image:")
    told = table(heads, map(_part, parts)) if parts else ""
    notes = [sentence(each) for each in (found.says, *found.notes)] if found else []
    yield "### Mining\n\n" + told + "".join(f"\n{each}\n" for each in notes)


def _part(each: Part) -> tuple[str, ...]:
    density = words.UNKNOWN if each.density is None else words.some(each.density)
    figures = (words.count(number) for number in (each.images, each.answered, each.boxes))
    return (each.name, *figures, density)
