"""The pages of a project, and the metrics that `dvc metrics diff` compares."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

import ymir
from ymir.contracts.backend import Job
from ymir.metrics.figures import figures
from ymir.plan.decision import Decision, decide
from ymir.plan.history import (
    figures_of,
    generation_of,
    gpu_seconds,
    judged_rounds,
    labels_bought,
)
from ymir.plan.round_stages import KINDS
from ymir.plan.snapshot import Facts, Snapshot, Version
from ymir.plan.stage import RoundOf
from ymir.report.record import ProjectRecord, RoundRecord, at_hand
from ymir.report.write import write_reports
from ymir.spec.project import ProjectSpec
from ymir.stages.kind import Work
from ymir.stages.tables import datasets, project_of


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Facts:
    """`index.html` and a page per round; pages whose rounds have not changed are taken over."""
    record = project_record(work)
    keys = {f"r{each.number}": _key(each) for each in record.rounds}
    before = _earlier(work, into, keys)
    changed = {
        each.number
        for each in record.rounds
        if keys[f"r{each.number}"] != before.get(f"r{each.number}")
    }
    newest = record.rounds[-1]
    write_reports(record, at_hand(work.media), into, rounds=changed | {newest.number})
    labels = record.labels_before(newest.number)
    metrics = figures(newest.testing, number=newest.number, labels=labels)
    (into / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    return {"round": newest.number, "says": newest.decision.says, "pages": dict(keys)}


def project_record(work: Work) -> ProjectRecord:
    """Everything that is recorded of the project's judged rounds."""
    observed = work.store.observe()
    project = project_of(work)
    numbers = judged_rounds(work.stage.inputs)
    newest = _decision(work.stage.settings.get("decision"))
    rounds = tuple(
        _round(work, project, number, observed, newest if number == numbers[-1] else None)
        for number in numbers
    )
    used = {
        *project.data.training,
        *project.data.validation,
        *project.data.testing,
        *project.data.mining,
    }
    return ProjectRecord(
        spec=project,
        rounds=rounds,
        testing=datasets(work, project.data.testing),
        datasets={name: observed[name] for name in sorted(used) if name in observed},
        next_command=_next_command(newest),
        ymir=ymir.__version__,
    )


def _round(
    work: Work, project: ProjectSpec, number: int, observed: Snapshot, decision: Decision | None
) -> RoundRecord:
    place = RoundOf(project.name, number)
    versions: dict[str, Version] = {
        kind: observed[name] for kind in KINDS if (name := place.stage(kind)) in observed
    }
    return RoundRecord(
        number=number,
        folder=work.store.open(place.stage("judge")),
        decision=decision or _decided(project, number, observed),
        versions=versions,
        commit=_commit(versions),
    )


def _commit(versions: Mapping[str, Version]) -> str | None:
    """The commit that the round was begun from."""
    training = versions.get("training")
    commit = training.facts.get("commit") if training else None
    return str(commit) if commit else None


def _decided(project: ProjectSpec, number: int, observed: Snapshot) -> Decision:
    """How a round before the newest stands against today's goal."""
    generation = generation_of(project.name, number, observed)
    history = []
    labels = 0
    for n in range(1, number + 1):
        judge = observed.get(RoundOf(project.name, n).stage("judge"))
        if judge and generation_of(project.name, n, observed) == generation:
            spent = gpu_seconds(project.name, observed, until=RoundOf(project.name, n))
            history.append(figures_of(n, judge, labels, spent or 0.0))
        labels += labels_bought(project.name, n, observed)
    return decide(project.goal, history, pool_empty=False)


def _decision(recorded: JsonValue) -> Decision | None:
    return Decision(**recorded) if isinstance(recorded, dict) else None  # type: ignore[arg-type]  # what `asdict` of one gave


def _next_command(decision: Decision | None) -> str | None:
    if decision and decision.stops:
        return None
    return "ymir apply"


def _key(record: RoundRecord) -> str:
    """Says what a round's page was made from."""
    digests = [version.digest for version in record.versions.values()]
    return " ".join([record.decision.says, ymir.__version__, *digests])


def _earlier(work: Work, into: Path, keys: Mapping[str, str]) -> Mapping[str, JsonValue]:
    """Copy the pages of the last report; return what they were made from."""
    last = work.store.observe().get(work.stage.name)
    pages = last.facts.get("pages") if last else None
    if not isinstance(pages, dict):
        return {}
    html = work.store.open(work.stage.name)
    for name in pages:
        if name in keys and (html / f"{name}.html").exists():
            shutil.copyfile(html / f"{name}.html", into / f"{name}.html")
    return pages
