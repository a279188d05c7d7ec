"""`ymir jobs ls`: every job in a line."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.jobs.bench import JobBench
from ymir.cli.specs import WorkspaceOption
from ymir.cli.words import duration
from ymir.jobs.standing import OPEN, RUNNING, Standing

_MOST = 12  # jobs that have ended are shown
_HEADS = ("job", "stage", "state", "attempt", "since", "for", "gpus", "image")
_FIGURES = (3, 5, 6)

AllOption = Annotated[
    bool, typer.Option("--all", help=f"All that have ended, not only the newest {_MOST}.")
]


def command(
    workspace: WorkspaceOption = Path(),
    every: AllOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List jobs: those that run first, then the newest that have ended. Looking changes nothing."""
    show(workspace, every=every, as_json=as_json)


def show(workspace: Path, *, every: bool, as_json: bool) -> None:
    """Print the jobs of a workspace."""
    known = JobBench(workspace).jobs()
    ended = [each for each in known if each.state not in OPEN]
    left_out = 0 if every else max(0, len(ended) - _MOST)
    shown = known[: len(known) - left_out]
    if as_json:
        console.data([data(each) for each in shown])
        return
    if not shown:
        console.out("no job: `ymir apply` begins what is missing")
        return
    console.out("\n".join(table(shown)))
    if left_out:
        console.out(f"{layout.counted(left_out, 'older job')}: `ymir jobs --all` shows all")


def table(shown: Sequence[Standing]) -> Iterator[str]:
    """Aligned lines, and below them what went wrong with which job."""
    rows = [_HEADS, *map(_cells, shown)]
    has_image = any(each.job.image for each in shown)
    yield from layout.table(
        rows if has_image else [row[:-1] for row in rows],
        right=_FIGURES,
    )
    yield from (
        f"{layout.plain(each.name)}: {layout.plain(each.why)}" for each in shown if each.why
    )


def data(each: Standing) -> dict[str, JsonValue]:
    """A job for programs."""
    return {
        "job": each.name,
        "stage": each.stage,
        "state": each.state,
        "why": each.why or None,
        "share": each.share,
        "attempt": each.attempt,
        "since": _moment(each.since).isoformat() if each.since else None,
        "seconds": None if each.seconds is None else round(each.seconds, 1),
        "gpus": each.job.resources.gpus,
        "image": each.job.image,
        "folder": str(each.job.folder),
    }


def _cells(each: Standing) -> tuple[str, ...]:
    percent = "" if each.share is None or each.state != RUNNING else f" {each.share:.0%}"
    return (
        layout.plain(each.name),
        layout.plain(each.stage or "-"),
        f"{each.state}{percent}",
        str(each.attempt or "-"),
        f"{_moment(each.since).astimezone():%Y-%m-%d %H:%M}" if each.since else "-",
        "-" if each.seconds is None else duration(each.seconds),
        str(each.job.resources.gpus or "-"),
        layout.plain(each.job.image or "-"),
    )


def _moment(since: float) -> datetime:
    return datetime.fromtimestamp(since, UTC).replace(microsecond=0)
