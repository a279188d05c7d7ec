"""Whether all that a round sent to people is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pydantic import JsonValue

from ymir.plan.history import count, number_in
from ymir.report.record import RoundRecord
from ymir.report.shown.batches import Returns


def returns(now: RoundRecord) -> Returns | None:
    """The balance of the round's batch; None until it is sent."""
    send, label = now.versions.get("send"), now.versions.get("label")
    if send is None and label is None:
        return None
    sent = count(send, "images") if send else now.rows("mined")
    reviews = count(send, "reviews") if send else 0
    if label is None:
        return Returns(sent, 0, 0, 0, outstanding=sent, reasons=(), reviews=reviews)
    balance = label.facts.get("balance")
    counted = balance if isinstance(balance, dict) else _recounted(now)
    return Returns(
        sent=sent,
        labelled=number_in(counted, "labelled"),
        empty=number_in(counted, "empty"),
        rejected=number_in(counted, "rejected"),
        outstanding=number_in(counted, "outstanding"),
        reasons=_reasons(counted.get("reasons")),
        skipped=number_in(counted, "skipped"),
        reviews=number_in(counted, "reviews") or reviews,
        reviewed=number_in(counted, "reviewed"),
        released=count(label, "released"),
        by_model=now.by_model,
    )


def _recounted(now: RoundRecord) -> Mapping[str, JsonValue]:
    """The balance of a batch whose record is older than balances."""
    people = now.table("labelled")
    if people is None:
        return {}
    empty = int((people["objects"].list.len() == 0).sum())
    return {"labelled": people.height - empty, "empty": empty}


def _reasons(said: JsonValue) -> tuple[tuple[str, int], ...]:
    """Why images have no labels, the most frequent reason first."""
    if not isinstance(said, dict):
        return ()
    counted: Counter[str] = Counter()
    for name, each in said.items():
        if isinstance(each, int):
            counted[name] += each  # by reason
        else:
            counted[str(each)] += 1  # by file
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
