"""Everything that is recorded of a project's judged rounds, as reports are collected from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from pydantic import JsonValue

import ymir
from ymir.errors import StoreError
from ymir.plan.decision import Decision, Figures, decide
from ymir.plan.history import (
    figures_of,
    generation_of,
    gpu_seconds_before,
    judged_rounds,
    labels_bought,
)
from ymir.plan.round_stages import KINDS
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf
from ymir.report.collect.gates import judged_on
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.spec.pins import dataset_of
from ymir.spec.project import Data, ProjectSpec
from ymir.stages.kind import Work
from ymir.stages.tables import datasets, project_of

RANDOM = "random"  # the strategy of a loop that others are compared with


def project_record(work: Work, numbers: Collection[int]) -> ProjectRecord:
    """The judged rounds with these numbers, the project's data, and the loop to compare it with."""
    observed, project = work.store.observe(), project_of(work)
    record = ProjectRecord(
        spec=project,
        rounds=_rounds(work, project, numbers, observed),
        testing=datasets(work, project.data.testing),
        datasets={name: observed[name] for name in _used(project.data) if name in observed},
        ymir=ymir.__version__,
        numbers=_numbers(observed),
        image=_image(work, project),
    )
    return replace(record, control=_control(work, record, observed))


def _rounds(
    work: Work, project: ProjectSpec, numbers: Collection[int], observed: Snapshot
) -> tuple[RoundRecord, ...]:
    """The newest round stands as the plan has decided; the others as if they were the newest."""
    decisions = _decided(project, numbers, observed)
    is_own = project.name == work.stage.name.split("/")[0]
    newest = _decision(work.stage.settings.get("decision")) if is_own else None
    if newest and numbers:
        decisions[max(numbers)] = newest
    return tuple(_round(work, project, n, observed, decisions[n]) for n in sorted(numbers))


def _round(
    work: Work, project: ProjectSpec, number: int, observed: Snapshot, decision: Decision
) -> RoundRecord:
    place = RoundOf(project.name, number)
    versions: dict[str, Version] = {
        kind: observed[name] for kind in KINDS if (name := place.stage(kind)) in observed
    }
    return RoundRecord(
        number=number,
        folder=work.store.open(place.stage("judge")),
        decision=decision,
        versions=versions,
        commit=_commit(versions),
        generation=generation_of(project.name, number, observed),
    )


def _decided(
    project: ProjectSpec, numbers: Collection[int], observed: Snapshot
) -> dict[int, Decision]:
    """How each round stood against today's goal when it was the newest."""
    spent, labels = gpu_seconds_before(project.name, observed), 0
    history: dict[int, list[Figures]] = defaultdict(list)  # by generation
    begun = Counter[int]()  # its rounds so far
    found = {}
    for number in range(1, max(numbers, default=0) + 1):
        judge = observed.get(RoundOf(project.name, number).stage("judge"))
        generation = generation_of(project.name, number, observed)
        begun[generation] += 1
        so_far = history[generation]
        if judge:
            so_far.append(figures_of(number, judge, labels, spent.get(number, 0.0)))
        if number in numbers:
            rounds = begun[generation]
            found[number] = decide(project.goal, so_far, rounds=rounds, pool_empty=False)
        labels += labels_bought(project.name, number, observed)
    return found


def _decision(recorded: JsonValue) -> Decision | None:
    return Decision(**recorded) if isinstance(recorded, dict) else None  # type: ignore[arg-type]  # what `asdict` of one gave


def _commit(versions: Mapping[str, Version]) -> str | None:
    """The commit that the round was begun from."""
    training = versions.get("training")
    commit = training.facts.get("commit") if training else None
    return str(commit) if commit else None


def _used(data: Data) -> list[str]:
    return sorted({*data.training, *data.validation, *data.testing, *data.mining})


def _numbers(observed: Snapshot) -> dict[tuple[str, str], int]:
    """The version of a dataset that has this digest."""
    return {
        (dataset_of(name), version.digest): version.number
        for name, version in observed.items()
        if "/" not in name
    }


def _image(work: Work, project: ProjectSpec) -> str | None:
    executor = work.catalogue.executors.get(project.train.executor)
    return executor.image if executor else None


def _control(work: Work, record: ProjectRecord, observed: Snapshot) -> ProjectRecord | None:
    """The judged rounds of such a loop, where they are at hand and judged on the same images."""
    other = control_of(record.spec, work.catalogue.projects)
    if other is None:
        return None
    numbers = judged_rounds(name for name in observed if name.startswith(f"{other.name}/"))
    same = judged_on(record.spec, record.rounds[-1])
    with suppress(StoreError):  # the tables of its rounds may be on another machine
        rounds = _rounds(work, other, numbers, observed)
        fair = tuple(each for each in rounds if judged_on(record.spec, each) == same)
        return replace(record, spec=other, rounds=fair) if fair else None
    return None


def control_of(project: ProjectSpec, projects: Mapping[str, ProjectSpec]) -> ProjectSpec | None:
    """The project that differs in its picks: the same data, and `mine: {use: random}`."""
    if project.mine.use == RANDOM:
        return None
    like = (project.data.training, project.data.testing)
    for _, other in sorted(projects.items()):
        if other.mine.use == RANDOM and (other.data.training, other.data.testing) == like:
            return other
    return None
