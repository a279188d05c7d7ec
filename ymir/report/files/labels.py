"""What `summary.md` says of a batch: its balance, who answered, and how far they agree."""

from __future__ import annotations

from collections.abc import Iterator

from ymir.report import words
from ymir.report.files.markdown import sentence, table
from ymir.report.shown.batches import Again, Agreement, Batch, People, Returns


def labels(batch: Batch | None) -> Iterator[str]:
    """The balance of the round's batch, and a line for each thing to know about it."""
    if batch is None or batch.returns is None:
        return
    back = batch.returns
    heads = ["sent:", *(f"{name}:" for name in back.parts)]
    figures = [f"{number:,}" for number in (back.sent, *back.parts.values())]
    notes = [sentence(each) for each in _notes(batch, back)]
    yield "### Labels\n\n" + table(heads, [figures]) + "".join(f"\n{each}\n" for each in notes)


def _notes(batch: Batch, back: Returns) -> Iterator[str]:
    if back.gap:
        yield f"{abs(back.gap):,} {'unaccounted for' if back.gap > 0 else 'too many'}"
    if back.by_model:
        images = words.plural(back.by_model, "image")
        yield f"Pseudo-labels: {images}, by the model of {batch.model}; nobody looked at them"
    if back.released:
        yield f"{back.released:,} of those outstanding are back in the pool"
    if batch.agreement:
        yield _agreement(batch.agreement, back)
    if batch.again:
        yield _again(batch.again)
    if batch.people:
        yield _people(batch.people)


def _agreement(agreed: Agreement, back: Returns) -> str:
    overlap = f", IoU {agreed.iou:.2f}" if agreed.iou is not None else ""
    return (
        f"{agreed.images:,} of {words.plural(back.sent, 'image')} labelled more than once: "
        f"{agreed.f1:.0%} of boxes agree (F1 at IoU 0.5){overlap}"
    )


def _again(again: Again) -> str:
    why = {
        "listed": again.listed,
        "with suspicious labels": again.suspicious,
        "that may show a class added since": again.new_class,
    }
    said = ", ".join(f"{number:,} {what}" for what, number in why.items() if number)
    back = f"{again.answered:,} came back, {again.changed:,} with other labels"
    return f"Labelled again: {said}; {back}"


def _people(people: People) -> str:
    by = f" by {words.plural(people.annotators, 'annotator')}" if people.annotators else ""
    pace = f", {words.duration(people.pace)} each" if people.pace is not None else ""
    known = people.cost is not None and people.currency is not None
    cost = f"; {words.money(people.cost, people.currency)}" if known else ""  # type: ignore[arg-type]  # both are known
    return f"{words.plural(people.answers, 'answer')}{by}{pace}{cost}"
