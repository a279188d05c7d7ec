"""The numbers of a workspace for Prometheus: what its plan and its conditions say, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ymir import __version__
from ymir.cli.images import LocalImages
from ymir.cli.running.notifying import standing
from ymir.cli.workspace import open_workspace
from ymir.conditions.dated import Dated
from ymir.conditions.runs import Ended, last_ended
from ymir.dvc.files import write_whole
from ymir.exposition import Family, Sample, exposition
from ymir.plan.decision import HOUR
from ymir.plan.plan import Plan, plan
from ymir.plan.rounds import Unrolled
from ymir.vault import masked

_STATUSES = ("True", "False", "Unknown")
_ACTIONS = ("keep", "run", "wait", "park", "block", "suspend", "prune")


def measured(root: Path) -> str:
    """The metrics of a workspace as it is now, in Prometheus' text format; reaches no network."""
    opened = open_workspace(root, images=LocalImages())
    now = plan(opened.catalogue, opened.store.observe(), opened.look())
    return text_of(now, standing(opened, now), last_ended(opened.root))


def text_of(now: Plan, found: Sequence[Dated], ended: Ended | None) -> str:
    """The same of what is known already."""
    return masked(exposition(families(now, found, ended)))


def write_metrics(file: Path, text: str) -> None:
    """Replace a file that node_exporter's textfile collector reads: it sees the old or the new."""
    write_whole(file, text)


def families(now: Plan, found: Sequence[Dated], ended: Ended | None) -> tuple[Family, ...]:
    """Every metric. Pure."""
    return (
        Family("ymir_build_info", "The version of ymir.", (Sample(1, {"version": __version__}),)),
        *_of_projects(now.projects),
        *_of_conditions(found),
        _steps(now),
        *_of_applies(ended),
    )


def _of_projects(projects: Sequence[Unrolled]) -> Iterable[Family]:
    def family(name: str, says: str, value: Callable[[Unrolled], float | None]) -> Family:
        known = [(each.project.name, value(each)) for each in projects]
        samples = tuple(Sample(v, {"project": n}) for n, v in known if v is not None)
        return Family(name, says, samples, "counter" if name.endswith("_total") else "gauge")

    yield family("ymir_project_round", "The round under way.", lambda each: each.round)
    yield family("ymir_project_map", "COCO AP at IoU 0.5 of the newest judged round.", _map)
    yield family("ymir_goal_reached", "Whether the goal is reached.", _goal)
    yield family(
        "ymir_labels_bought_total", "Images that people labelled.", lambda each: each.bought
    )
    yield family(
        "ymir_labels_outstanding", "Images that people have and did not answer for.", _owed
    )
    yield family("ymir_gpu_hours_total", "Hours of jobs, times their GPUs.", _gpu_hours)


def _of_conditions(found: Sequence[Dated]) -> Iterable[Family]:
    known = [each.condition for each in found]
    synced = tuple(
        Sample(each.status == "True", {"project": each.name})
        for each in known
        if (each.kind, each.type) == ("project", "Synced")
    )
    yield Family("ymir_synced", "Whether all that is asked exists, but what people owe.", synced)
    yield Family(
        "ymir_condition",
        "Conditions of projects, as `ymir status` has them.",
        tuple(
            Sample(
                each.status == status,
                {"project": each.name, "type": each.type, "status": status.lower()},
            )
            for each in known
            if each.kind == "project"
            for status in _STATUSES
        ),
    )
    yield Family(
        "ymir_workspace_condition",
        "Conditions of the whole workspace, its datasets and models among it.",
        tuple(
            Sample(each.status == status, {"type": each.type, "status": status.lower()})
            for each in known
            if each.kind == "workspace"
            for status in _STATUSES
        ),
    )


def _steps(now: Plan) -> Family:
    counted = Counter(type(step).__name__.lower() for step in now.steps)
    samples = tuple(Sample(counted[action], {"action": action}) for action in _ACTIONS)
    return Family("ymir_steps", "Stages, by what the plan does about them.", samples)


def _of_applies(ended: Ended | None) -> Iterable[Family]:
    if ended is None:
        return
    when, how = (Sample(ended.time),), (Sample(ended.exit),)
    yield Family(
        "ymir_last_apply_timestamp_seconds", "When `ymir apply` ended last, on this machine.", when
    )
    yield Family("ymir_last_apply_exit_code", "The exit code that it had.", how)


def _map(each: Unrolled) -> float | None:
    return each.figures[-1].map if each.figures else None


def _goal(each: Unrolled) -> float | None:
    return float(each.decision.goal_met) if each.decision else None


def _owed(each: Unrolled) -> float:
    out = [batch for batch in each.batches if not batch.is_back and batch.where is not None]
    return sum(b.balance.outstanding if b.balance else b.images for b in out)


def _gpu_hours(each: Unrolled) -> float | None:
    return None if each.gpu_seconds is None else each.gpu_seconds / HOUR
