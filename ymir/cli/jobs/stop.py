"""`ymir jobs stop`: end what an executor does."""

from pathlib import Path

from ymir.cli import console
from ymir.cli.jobs.bench import JobBench
from ymir.cli.jobs.logs import NameArgument
from ymir.cli.specs import WorkspaceOption
from ymir.errors import StoreError
from ymir.jobs.standing import OPEN, RUNNING, Standing, find


def command(name: NameArgument, workspace: WorkspaceOption = Path()) -> None:
    """End a job, with all the processes it has begun; what it wrote stays.

    A run of `ymir apply` that waits for it then ends it as failed, and `ymir apply --retry` begins
    it again, from its checkpoint if it left one.
    """
    bench = JobBench(workspace)
    found = find(bench.jobs(), name)
    if found.state not in OPEN:
        console.out(f"{found.name} does not run: {found.state}")
        return
    bench.backend_of(found.job).stop(found.job)
    now = find(bench.jobs(), found.name)
    if now.state == RUNNING:
        raise StoreError(f"{now.name} still runs", hint="is it stuck in the kernel? See `ps`")
    console.out(f"{now.name}: {_said(now)}")


def _said(now: Standing) -> str:
    if now.state in OPEN:
        return f"{now.state}: nothing of it runs; a run that waits for it is ended by Ctrl-C"
    if now.stage is None:
        return now.state
    return f"{now.state}; `ymir apply --retry` goes on with {now.stage}"
