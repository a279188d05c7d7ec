"""`ymir labels cancel`: call a batch off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets.layout import counted
from ymir.cli.labels.desk import Desk, Entry, find
from ymir.cli.labels.rows import says
from ymir.cli.labels.taking import forget, seen_by, take_in
from ymir.cli.running.display import Display
from ymir.cli.specs import WorkspaceOption
from ymir.contracts.labeling import Waiting, Withdrawing, tools
from ymir.contracts.store import stores
from ymir.errors import Exit, SpecError

if TYPE_CHECKING:
    from ymir.stages.returning import Look

BatchArgument = Annotated[
    str, typer.Argument(help="A batch of `ymir labels`.", metavar="BATCH", show_default=False)
]


def command(
    batch: BatchArgument,
    workspace: WorkspaceOption = Path(),
    without_answers: Annotated[
        bool,
        typer.Option("--without-answers", help="Take nothing: for a batch that its tool has lost."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Call a batch off: what came back is taken, the rest goes back to the pool.

    The label tool is told, where it can be, that nobody needs to answer any more. Of a batch that
    nobody has begun, no record is left: the next `ymir apply` picks images anew.
    """
    root = workspace.resolve()
    desk = Desk(root)
    entry = _open(find(batch, desk.entries()))
    if without_answers:
        _confirm(f"{entry.state.name}: nothing of what people did will be taken", is_sure=yes)
        forget(root, entry.state.round, lambda: True)
        console.out(_forgotten(entry))
        return
    entry, look = desk.ask(entry)
    if look is None:
        _refuse(entry, desk.now)
        return
    _confirm(_going(entry, look), is_sure=yes)
    is_free = look.answers.rows.is_empty()
    if is_free and forget(root, entry.state.round, lambda: _is_withdrawn(desk, entry, look)):
        console.out(_forgotten(entry))
    else:
        _close(root, entry)


def _confirm(going: str, *, is_sure: bool) -> None:
    console.out(going)
    if not (is_sure or console.ask("call it off?", "--yes")):
        raise typer.Abort


def _forgotten(entry: Entry) -> str:
    return f"{entry.state.name} is called off; the next `ymir apply` picks images anew"


def _refuse(entry: Entry, now: float) -> None:
    console.out(says(entry, now))
    hint = f"`ymir labels cancel {entry.state.name} --without-answers` takes nothing"
    console.out(f"nothing was changed; if the batch is lost: {hint}")
    raise typer.Exit(Exit.FAILED if entry.is_wrong else Exit.PARKED)


def _open(entry: Entry) -> Entry:
    if not entry.is_open:
        how = "is back already" if entry.state.is_back else "is with nobody"
        raise SpecError(f"`{entry.state.name}` {how}", hint="`ymir labels ls --open` lists others")
    return entry


def _going(entry: Entry, look: Look) -> str:
    """What becomes of its images."""
    back, left = look.balance.back, look.balance.outstanding
    taken = (
        f"{counted(back, 'image')} with labels will be taken" if back else "nobody has labelled any"
    )
    rest = f"{counted(left, 'image')} without an answer will go back to the pool"
    return f"{entry.state.name}: {look.balance.words}\n{taken}; {rest}"


def _is_withdrawn(desk: Desk, entry: Entry, look: Look) -> bool:
    """Whether the label tool has none of it any more, so that no answer can come; or has no say."""
    from ymir.stages.tables import parameters  # tables take their time to load

    if entry.stage is None:
        return False
    work = desk.work(entry.stage)
    tool = tools.load(str(entry.stage.settings["use"]))
    if not isinstance(tool, Withdrawing):
        return True
    said = tool.withdraw(look.sent, parameters(work))
    if isinstance(said, Waiting):
        console.out(said.what)
        raise typer.Exit(Exit.PARKED)
    return _number(said.get("withdrawn")) >= look.sent.images.height + len(look.sent.twice)


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0


def _close(root: Path, entry: Entry) -> None:
    """Take what is done, and wait no more."""
    label, display = entry.state.round.stage("label"), Display(root)
    if label not in take_in(root, display, [label], closed=[label]):
        console.out(f"{entry.state.name} is still open")
        raise typer.Exit(Exit.FAILED if display.has_failed else Exit.PARKED)
    observed = stores.load("dvc").connect(root).observe()
    console.out(f"{entry.state.name} is closed; {seen_by(entry.state.round, observed)}")
