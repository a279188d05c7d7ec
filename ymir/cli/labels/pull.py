"""`ymir labels pull`: take in what people did, now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.labels.desk import Desk, Entry, find
from ymir.cli.labels.rows import says
from ymir.cli.labels.taking import end_what_was_begun, seen_by, take_in
from ymir.cli.running.display import Display
from ymir.cli.specs import WorkspaceOption
from ymir.contracts.store import stores
from ymir.errors import Exit
from ymir.lock import holder, last_holder
from ymir.plan.due import is_late

BatchesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="Batches of `ymir labels`; left out: all of them.",
        metavar="BATCH",
        show_default=False,
    ),
]


def command(batches: BatchesArgument = None, workspace: WorkspaceOption = Path()) -> None:
    """Take in what people did: batches that are done, and what changed in those that are back.

    Nothing is trained. A batch that is done is recorded, as `ymir apply` would. Of one that is back
    and was edited since, or answered late, a new version is recorded: later rounds learn from it,
    earlier ones stay as they are. Exit code 3 says that some batch is not done, or that its label
    tool does not answer.
    """
    root = workspace.resolve()
    desk = Desk(root)
    known = desk.entries()
    named = [find(each, known) for each in batches or ()] or known
    asked = [_asked(desk, each) for each in named]
    display = Display(root)
    taken = _take(root, display, asked, desk.now)
    if not batches and not any(_is_of_note(each) for each, _ in asked):
        console.out("nothing to take in: people have no batch, and no answer changed")
    for each, _ in asked:
        _say(root, each, desk.now, is_taken=_label(each) in taken, is_named=bool(batches))
    raise typer.Exit(_code(display, asked, taken))


def _asked(desk: Desk, entry: Entry) -> tuple[Entry, str]:
    """A batch as its tool has it, and the digest of its answers."""
    seen, look = desk.ask(entry)
    return seen, look.digest if look else ""


def _take(
    root: Path, display: Display, asked: Sequence[tuple[Entry, str]], now: float
) -> Sequence[str]:
    """Take in what is ready; the stages that were made."""
    pulled: Mapping[str, str] = {
        _label(each): digest for each, digest in asked if each.state.changed and digest
    }
    over = [_label(each) for each, _ in asked if _may_be_over(each, now)]
    if pulled or over:
        return take_in(root, display, [*pulled, *over], pulled=pulled)
    if last_holder(root) and not holder(root):
        end_what_was_begun(root, display, {each.state.round.project for each, _ in asked})
    return ()


def _may_be_over(each: Entry, now: float) -> bool:
    is_done = each.state.balance is not None and each.state.balance.is_done
    return each.is_open and not each.trouble and (is_done or is_late(each.state.due, now))


def _is_of_note(each: Entry) -> bool:
    return bool(each.is_open or each.trouble or each.state.changed)


def _say(root: Path, each: Entry, now: float, *, is_taken: bool, is_named: bool) -> None:
    if is_taken:
        observed = stores.load("dvc").connect(root).observe()
        console.out(f"{each.state.name}: {seen_by(each.state.round, observed)}")
    elif each.is_open or each.trouble:
        console.out(says(each, now))
        if _may_be_over(each, now):
            console.out("not taken in: `ymir apply` does so, once all that it needs is up to date")
    elif is_named:
        console.out(f"{each.state.name}: nothing new: no answer changed since it was taken in")


def _code(display: Display, asked: Iterable[tuple[Entry, str]], taken: Sequence[str]) -> Exit:
    """Failed, where something is wrong with answers; parked, where anybody is waited for."""
    left = [each for each, _ in asked if _label(each) not in taken]
    if display.was_stopped:
        return Exit.PENDING
    if display.has_failed or any(each.is_wrong for each in left):
        return Exit.FAILED
    return Exit.PARKED if any(each.is_open or each.trouble for each in left) else Exit.DONE


def _label(each: Entry) -> str:
    return each.state.round.stage("label")
