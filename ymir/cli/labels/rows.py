"""A batch in a line, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime

from pydantic import JsonValue

from ymir.cli.datasets import layout
from ymir.cli.labels.desk import Entry
from ymir.data.balance import Balance
from ymir.plan.due import is_late

HEADS = (
    "batch", "tool", "state", "sent on", "due on",
    "sent", "labelled", "empty", "skipped", "rejected", "outstanding", "agreement",
)  # fmt: skip
FIGURES = range(5, len(HEADS))
_PARTS = ("sent", "labelled", "empty", "skipped", "rejected", "outstanding")


def data(each: Entry, now: float) -> dict[str, JsonValue]:
    """A batch for programs; `says` is a line for people."""
    state, balance = each.state, each.state.balance
    return {
        "batch": state.name,
        "project": state.round.project,
        "round": state.round.number,
        "tool": state.tool,
        "state": word(each, now),
        "where": state.where,
        "key": each.sent.facts.get("key"),
        "images": state.images,
        "sent_at": each.sent.facts.get("sent_at"),
        "due": None if state.due is None else day(state.due),
        "late": is_late(state.due, now),
        "looked_at": None if state.at is None else day(state.at),
        "balance": asdict(balance) if balance else None,
        "done": each.is_open and balance is not None and balance.is_done,
        "changed": state.changed,
        "agreement": each.taken.facts.get("agreement") if each.taken else None,
        "trouble": each.trouble or state.why or None,
        "says": says(each, now),
    }


def cells(each: Entry, now: float) -> tuple[str, ...]:
    """A batch in a row of the table."""
    state = each.state
    return (
        layout.plain(state.name),
        layout.plain(state.tool or "-"),
        word(each, now),
        str(each.sent.facts.get("sent_at", "-"))[:10],
        "-" if state.due is None else day(state.due)[:10],
        *_figures(state.balance, state.images),
        agreed(each),
    )


def notes(each: Entry, now: float) -> Iterator[str]:
    """What else is to be said of it, line by line."""
    state = each.state
    if each.trouble or each.is_open:
        yield says(each, now)
    if state.changed:
        yield state.changed_words


def says(each: Entry, now: float) -> str:
    """One line: what is owed, or what is wrong, or how it came back."""
    state = each.state
    if each.trouble:
        return layout.plain(f"{state.name}: {each.trouble}")
    if each.is_open:
        return layout.plain(f"{state.name}: {state.words(now)}")
    if state.changed:
        return state.changed_words
    known = f": {state.balance.words}" if state.balance else ""
    return f"{state.name} is {word(each, now)}{known}"


def word(each: Entry, now: float) -> str:
    """How it stands, in a word."""
    if each.state.is_back:
        return "back"
    if not each.is_open:
        return "sent" if each.stage else "given up"
    if each.state.balance and each.state.balance.is_done:
        return "done"
    return "late" if is_late(each.state.due, now) else "open"


def agreed(each: Entry) -> str:
    """How far people agree, where some images were labelled twice."""
    found = each.taken.facts.get("agreement") if each.taken else None
    share = found.get("f1") if isinstance(found, dict) else None
    return f"{share:.0%}" if isinstance(share, int | float) else "-"


def day(moment: float) -> str:
    """`2026-11-23T10:00:00+00:00`."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def _figures(balance: Balance | None, images: int) -> list[str]:
    if balance is None:
        return [layout.figure(images), *["-"] * (len(_PARTS) - 1)]
    return [layout.figure(getattr(balance, part)) for part in _PARTS]
