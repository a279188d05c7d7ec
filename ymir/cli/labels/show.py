"""`ymir labels show`: one batch in detail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.labels import rows
from ymir.cli.labels.desk import Desk, Entry, find
from ymir.cli.labels.ls import OfflineOption
from ymir.cli.specs import WorkspaceOption
from ymir.cli.words import duration
from ymir.plan.due import due_words

if TYPE_CHECKING:
    from ymir.cli.labels.account import Account, Row
    from ymir.stages.returning import Look

_MOST = 20  # lines of a part
_PEOPLE = ("by", "answers", "labelled", "skipped", "rejected", "boxes", "seconds each")


def command(
    batch: Annotated[
        str, typer.Argument(help="A batch of `ymir labels`, e.g. `helmet-r2`.", metavar="BATCH")
    ],
    workspace: WorkspaceOption = Path(),
    offline: OfflineOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, all of it.")] = False,
) -> None:
    """Show who did what, what has no labels and why, what is outstanding, and what changed since.

    Looking records nothing.
    """
    desk = Desk(workspace)
    entry, look = find(batch, desk.entries()), None
    if not offline:
        entry, look = desk.ask(entry)
    found = _account(desk, entry, look)
    if as_json:
        console.data({**rows.data(entry, desk.now), **asdict(found)})
        return
    for line in (*_head(entry, desk.now), *_lines(found)):
        console.out(line)


def _account(desk: Desk, entry: Entry, look: Look | None) -> Account:
    """Of the answers that the tool has now or, where it was not asked, of those taken in."""
    from ymir.cli.labels.account import Account, account, recorded  # tables load slowly
    from ymir.stages.returning import ANSWERED

    folder = desk.folder(entry)
    before = recorded(folder / ANSWERED) if folder else None
    if look is not None:
        return account(look.sent.images, look.answers.rows, before)
    return account(desk.images(entry), before, None) if before is not None else Account()


def _head(entry: Entry, now: float) -> Iterator[str]:
    state = entry.state
    yield f"{state.name}: round {state.round.number} of {state.round.project}, by {state.tool}"
    facts = {"at": state.where or "", "sent": str(entry.sent.facts.get("sent_at", ""))}
    if state.due is not None:
        facts["due"] = f"{rows.day(state.due)}  ({due_words(state.due, now)})"
    facts["state"] = rows.word(entry, now)
    if state.balance:
        facts["balance"] = state.balance.words
    yield from layout.pairs({name: layout.plain(text) for name, text in facts.items() if text})
    if trouble := entry.trouble or state.why:
        yield layout.plain(trouble)
    if state.changed:
        yield state.changed_words


def _lines(found: Account) -> Iterator[str]:
    if found.people:
        yield ""
        table = [_PEOPLE, *(_person(each) for each in found.people)]
        yield from layout.table(table, right=range(1, len(_PEOPLE)))
    for each in found.agreements:
        one, other = each["people"] if isinstance(each["people"], list) else ("", "")
        who = f"{one} and {other}" if one != other else f"{one}, twice,"
        images = layout.counted(int(str(each["images"])), "image")
        yield layout.plain(f"{who} agree on {float(str(each['f1'])):.0%} of boxes, of {images}")
    yield from _part("without labels", [_unlabelled(each) for each in found.unlabelled])
    yield from _part("changed since", [_change(each) for each in found.changes])
    yield from _part("outstanding", found.outstanding or ())


def _part(title: str, lines: Sequence[str]) -> Iterator[str]:
    if not lines:
        return
    yield f"\n{title}: {layout.counted(len(lines), 'image')}"
    yield from (f"  {layout.plain(each)}" for each in lines[:_MOST])
    if len(lines) > _MOST:
        yield f"  and {len(lines) - _MOST:,} more: see `--json`"


def _person(each: Row) -> tuple[str, ...]:
    seconds = each["seconds_each"]
    return (
        layout.plain(str(each["by"] or "not known")),
        *(layout.figure(each[name]) for name in _PEOPLE[1:-1]),
        "-" if seconds is None else duration(float(str(seconds))),
    )


def _unlabelled(each: Row) -> str:
    why = f": {each['why']}" if each["why"] else ""
    who = f"  (by {each['by']})" if each["by"] else ""
    return f"{each['file']}  {each['state']}{why}{who}"


def _change(each: Row) -> str:
    boxes = each["boxes"]
    counts = boxes.items() if isinstance(boxes, dict) else ()
    drawn = ", ".join(f"{number} {change}" for change, number in counts)
    became = f"{each['was']}, now {each['now']}" if each["was"] != each["now"] else ""
    return f"{each['file']}  {'; '.join(part for part in (became, drawn) if part)}"
