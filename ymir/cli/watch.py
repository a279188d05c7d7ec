"""`ymir watch`: apply, wait for people, and apply again by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ymir.cli.options import spread
from ymir.cli.pipeline import Ending, in_pipeline
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.cli.watchers.address import Address, Ear, address, ear
from ymir.cli.watchers.options import (
    Calls,
    Remote,
    Rhythm,
    SpecsArgument,
    duration,
    workspace_of,
)
from ymir.errors import Exit
from ymir.spec.mistakes import BrokenSpecsError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Asked:
    """What was asked for, checked."""

    root: Path
    rhythm: Rhythm
    remote: Remote
    ear: Ear | None
    metrics: Address | None

    @property
    def is_over(self) -> Callable[[int], bool]:
        """Whether an `apply` that ended with this code was the last one."""
        return _is_done if self.rhythm.until_done else _never


@in_pipeline(Ending)
@spread
def command(
    rhythm: Rhythm,
    calls: Calls,
    remote: Remote,
    specs: SpecsArgument = None,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Apply, then wait for people and for edits, and go on by itself; Ctrl-C or TERM ends it.

    An edit of a spec, a commit, a file dropped into `labels/`, a webhook or HUP is a reason to look
    at once; while nothing moves, the label tools are looked at after 30 s, then ever more rarely.
    Broken specs are told, and the last good ones hold until they are mended. The workspace is held
    only while it is applied.

    With `--git origin main` this clone follows that branch: it is fetched, brought forward where
    nothing is lost, applied, and what is recorded is pushed.

    On a machine that costs money while it waits, run `ymir watch --once` on a schedule instead.
    """
    asked = _checked(workspace_of(specs, workspace), rhythm, calls, remote)
    from ymir.cli.watchers.wiring import watch  # a server takes its time to load

    raise typer.Exit(asyncio.run(watch(asked)))


def _checked(root: Path, rhythm: Rhythm, calls: Calls, remote: Remote) -> Asked:
    """Refuse what makes no sense before anything runs; broken specs may be mended later."""
    for text in (rhythm.interval, remote.git_interval):
        duration(text)
    if remote.git:
        from ymir.watching.following import checked

        checked(root, *remote.git, is_pushing=remote.is_pushing)
    hears = ear(calls.listen, calls.webhook_secret_env, root) if calls.listen is not None else None
    metrics = address(calls.metrics) if calls.metrics is not None else None
    try:
        catalogue(root)  # is it a workspace?
    except BrokenSpecsError:
        if rhythm.once:
            raise
    return Asked(root, rhythm, remote, hears, metrics)


def _never(_: int) -> bool:
    """A watcher stays."""
    return False


def _is_done(code: int) -> bool:
    """Whether an `apply` that ended like this waits for nobody, and was not killed."""
    return code >= 0 and code not in (Exit.PARKED, Exit.LOCKED)
