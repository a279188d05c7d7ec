"""The plan: what no step can go past, and what nobody asks for any more. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ymir.checkup.finding import Finding, Severity
from ymir.keeping.unwanted import dataset_of, rounds_in, unwanted
from ymir.plan.models import MARK
from ymir.plan.plan import Plan
from ymir.plan.planner import Prune
from ymir.plan.snapshot import Snapshot
from ymir.spec.catalogue import Catalogue

_FAILED = "failed"


def blocked(now: Plan) -> Iterator[Finding]:
    """What a person must mend first; a gate that stops a project does what it was asked to."""
    for step in now.blocked:
        name, code = step.stage.name, step.reason.code
        mend = "ymir apply --retry" if code == _FAILED else f"ymir plan --explain {name}"
        severity: Severity = "warning" if step.by_gate else "error"
        yield Finding("specs", f"blocked-{code}", severity, name, step.why, mend)


def unasked(now: Plan, observed: Snapshot, specs: Catalogue) -> Iterator[Finding]:
    """Records that neither a spec nor a round needs, and projects that lost their spec."""
    kept = _protected(specs)
    found = unwanted(now, observed, protected=kept, projects=(), versions=False)
    for name in dict.fromkeys(map(dataset_of, found.versions)):
        yield _unwanted(name, "is recorded, and nothing asks for it", "ymir prune --yes")
    without_spec = {step.name for step in now.steps if isinstance(step, Prune)}
    for name in sorted({each.project for each in rounds_in(observed)} & without_spec):
        what = "has rounds, which hold labels, and no spec; bring that back, or"
        yield _unwanted(name, what, f"ymir prune {name} --yes")


def _protected(specs: Catalogue) -> Collection[str]:
    datasets = {name for name, spec in specs.datasets.items() if spec.protect}
    return datasets | {f"{MARK}{name}" for name, spec in specs.models.items() if spec.protect}


def _unwanted(name: str, what: str, mend: str) -> Finding:
    return Finding("specs", "unwanted", "warning", name, what, mend)
