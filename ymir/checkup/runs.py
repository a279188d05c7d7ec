"""Who works here: runs that were killed, their jobs, and leases."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ymir.checkup.finding import Finding, Severity
from ymir.jobs.standing import DONE, ENDED, LOST, RUNNING, UNKNOWN, Standing
from ymir.lease.process import is_alive
from ymir.lease.taking import Found
from ymir.lease.taking import Standing as Holding
from ymir.lock import holder, last_holder

_LEASES = {
    Holding.GONE: "its process is gone",
    Holding.SILENT: "it has been silent for longer than it may",
}


def killed(workspace: Path) -> Iterator[Finding]:
    """A run that ended without giving the workspace back."""
    who = last_holder(workspace)
    if who is not None and is_alive(who.process) is False:
        what = f"{who.words} was killed; what it finished is kept, and the next run goes on"
        yield _found("killed", "warning", "the last run", what, "ymir apply")


def jobs(
    workspace: Path, known: Collection[Standing], wanted: Collection[str]
) -> Iterator[Finding]:
    """Jobs that nobody waits for; `wanted` are the recipes that the next run follows."""
    if holder(workspace) is not None:
        return
    for each in known:
        is_wanted = each.name.partition("/")[0].rpartition("-")[2] in wanted
        if each.state == RUNNING:
            what = "runs, and no `ymir apply` waits for it"
            mend = "ymir apply" if is_wanted else f"ymir jobs stop {each.name}"
            yield _found("job-running", "warning", each.name, what, mend)
        elif each.state == UNKNOWN and is_wanted:
            yield _found("job-unknown", "error", each.name, each.why, f"ymir jobs logs {each.name}")
        elif each.state in (ENDED, LOST, DONE) and is_wanted:
            what = each.why or "has ended, and nobody has taken its result"
            yield _found("job-waiting", "warning", each.name, what, "ymir apply")


def leases(found: Collection[Found]) -> Iterator[Finding]:
    """Leases of runs that do not live any more."""
    for each in found:
        if why := _LEASES.get(each.standing):
            name = each.lease.id if each.lease else each.project
            what = f"{each.words} holds it, and {why}"
            mend = f"ymir lock break {name} --yes"
            yield _found("lease", "warning", f"the lease on {each.project}", what, mend)


def _found(code: str, severity: Severity, where: str, what: str, mend: str) -> Finding:
    return Finding("runs", code, severity, where, what, mend)
