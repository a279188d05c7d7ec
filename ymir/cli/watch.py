"""`ymir watch`: apply, wait for people, and apply again by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from ymir.cli.options import spread
from ymir.cli.pipeline import Ending, in_pipeline
from ymir.cli.specs import WorkspaceOption
from ymir.cli.watchers.asked import asked_for
from ymir.cli.watchers.options import Calls, Remote, Rhythm, SpecsArgument, workspace_of


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
    asked = asked_for(workspace_of(specs, workspace), rhythm, calls, remote)
    from ymir.cli.watchers.wiring import watch  # a server takes its time to load

    raise typer.Exit(asyncio.run(watch(asked)))
