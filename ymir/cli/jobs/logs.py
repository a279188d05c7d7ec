"""`ymir jobs logs`: what an executor printed."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.jobs.bench import JobBench
from ymir.cli.specs import WorkspaceOption, catalogue, keep_quiet_about
from ymir.contracts.attempt import attempts
from ymir.errors import YmirError
from ymir.jobs.standing import OPEN, Standing, find, lines

NameArgument = Annotated[
    str, typer.Argument(help="A job of `ymir jobs`, its beginning, or its stage.", metavar="NAME")
]


def command(
    name: NameArgument,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the job has ended.")
    ] = False,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Print what a job's newest attempt has printed; with `-f`, until it has ended.

    Ctrl-C ends the looking, not the job.
    """
    bench = JobBench(workspace)
    with suppress(YmirError):  # specs that are broken keep nobody from looking
        keep_quiet_about(catalogue(workspace), workspace)
    found = find(bench.jobs(), name)
    try:
        for line in lines(_pieces(bench, found, follow=follow)):
            console.out(line)
        if follow:
            now = find(bench.jobs(), found.name)
            console.error(f"{now.name}: {now.state}{f', {now.why}' if now.why else ''}")
    except KeyboardInterrupt:
        console.error(f"{found.name} goes on; `ymir jobs stop {found.name}` ends it")


def _pieces(bench: JobBench, found: Standing, *, follow: bool) -> Iterator[str]:
    tried = attempts(found.job.folder)
    is_kept = bool(tried) and tried[-1].log.exists()
    if not tried or not (is_kept or found.state in OPEN):
        console.error(f"{found.name} has printed nothing: it is {found.state}")
        return iter(())
    return bench.backend_of(found.job).logs(found.job, follow=follow)
