"""What people labelled, owe and cost, in words and for programs: pure functions."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from ymir.data.balance import balance_of
from ymir.plan.batches import BatchState
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Version
from ymir.plan.spending import answers_given, answers_words, cost


def label_lines(unrolled: Unrolled, *, full: bool = False) -> Iterator[str]:
    """How the batches that came back add up, what changed since, and what labels cost.

    Of those that came back, the newest one, or all in `full`.
    """
    known = [each for each in unrolled.batches if each.where is not None]
    back = [words for each in known if (words := each.back_words)]
    yield from back if full else back[-1:]
    yield from (each.changed_words for each in known if each.changed)
    if budget := unrolled.project.goal.labels:
        yield f"{unrolled.bought} of {budget} labels bought"
    yield from _cost_lines(unrolled)


def _cost_lines(unrolled: Unrolled) -> Iterator[str]:
    """What was paid so far, and what the next batch will cost; nothing where there is no price."""
    answers = answers_given(unrolled.batches)
    if (paid := cost(unrolled.project, answers)) is None:
        return
    if answers:
        yield f"{answers_words(answers)} so far, {paid}"
    if unrolled.ahead:
        price = cost(unrolled.project, unrolled.ahead.answers)
        yield f"the next batch: {unrolled.ahead.words}, {price}"


def label_data(unrolled: Unrolled) -> dict[str, JsonValue]:
    """The same for programs."""
    answers = answers_given(unrolled.batches)
    return {
        "batches": [batch_data(each) for each in unrolled.batches],
        "label_budget": unrolled.project.goal.labels,
        "answers": answers,
        "cost": cost(unrolled.project, answers),
        "next_batch": _next_data(unrolled),
    }


def _next_data(unrolled: Unrolled) -> dict[str, JsonValue] | None:
    ahead = unrolled.ahead
    if ahead is None:
        return None
    price = cost(unrolled.project, ahead.answers)
    asked = {"images": ahead.images, "answers": ahead.answers}
    return {**asked, "is_most": ahead.is_most, "cost": price}


def batch_data(batch: BatchState) -> dict[str, JsonValue]:
    """One batch for programs; moments in seconds since 1970."""
    balance = batch.balance
    counted: Mapping[str, JsonValue] = {**vars(balance), "gap": balance.gap} if balance else {}
    return {
        "batch": batch.name,
        "round": batch.round.number,
        "tool": batch.tool,
        "where": batch.where,
        "images": batch.images,
        "back": batch.is_back,
        "balance": dict(counted) or None,
        "looked": batch.at,
        "due": batch.due,
        "changed": batch.changed,
        "released": batch.released,
        "answers": batch.answers,
        "why": batch.why or None,
    }


def returned_lines(version: Version) -> Iterator[str]:
    """How a batch that was just taken in adds up, and how far people agree."""
    if counted := balance_of(version.facts.get("balance")):
        yield f"  {counted.words}"
    agreed = version.facts.get("agreement")
    if isinstance(agreed, dict) and agreed.get("boxes"):
        share, overlap = agreed.get("f1"), agreed.get("iou")
        images = agreed.get("images")
        what = "1 image was" if images == 1 else f"{images} images were"
        agree = f"{share:.0%} of boxes agree" if isinstance(share, int | float) else ""
        middle = f", IoU {overlap:.2f}" if isinstance(overlap, int | float) else ""
        yield f"  {what} labelled more than once: {agree} (F1 at IoU 0.5){middle}"


def labelled_words(version: Version) -> str:
    """How many images and boxes came back, and whether people made them."""
    facts = version.facts
    boxes = f"{facts.get('boxes', 0)} boxes"
    if pseudo := facts.get("by_model"):
        return f"{pseudo} images by the model alone, {boxes}"
    return f"{facts.get('labelled', 0)} images, {boxes}"
