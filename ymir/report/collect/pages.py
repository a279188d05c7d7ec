"""Turns recorded rounds into what a report shows. All sums and comparisons are made here."""

from __future__ import annotations

import polars as pl

from ymir.metrics.changes import errors
from ymir.report.collect.batch import batch
from ymir.report.collect.changes import changes
from ymir.report.collect.classes import class_rows, confusion, curves, weakest
from ymir.report.collect.confidence import confidence
from ymir.report.collect.doubts import doubts
from ymir.report.collect.gates import gates
from ymir.report.collect.leakage import leaks
from ymir.report.collect.lineage import lineage, testing_facts
from ymir.report.collect.mining import mining
from ymir.report.collect.progress import progress
from ymir.report.collect.slices import slice_rows
from ymir.report.collect.tiles import regressions, spent, target
from ymir.report.collect.verdict import verdict
from ymir.report.names import page_of
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.pages import ProjectReport, RoundReport


def collect_round(project: ProjectRecord, number: int) -> RoundReport:
    """What the page of one round shows: that round and the ones before it, never a later one."""
    now, before = _pair(project, number)
    spec, testing = project.spec, project.testing
    rows = class_rows(spec, now, before)
    shown, left_out = curves(now.testing, before.testing if before else None)
    found, changed = leaks(now), changes(testing, now, before)
    worse = regressions(now, before, changed)
    lights = gates(project, now, found, worse)
    return RoundReport(
        project=spec.name,
        description=spec.description,
        number=number,
        previous=page_of(before.number) if before else None,
        verdict=verdict(project, now, lights),
        target=target(spec.goal, now, before),
        weakest=weakest(rows),
        regressions=worse,
        spent=spent(project, now),
        gates=lights,
        progress=progress(project, number),
        classes=rows,
        curves=shown,
        curves_left_out=left_out,
        confusion=confusion(now.testing),
        confidence=confidence(now),
        slices=slice_rows(spec, testing, now, before),
        images=now.testing.images,
        with_errors=_with_errors(testing, now),
        threshold=now.testing.threshold,
        changes=changed,
        doubts=doubts(testing, now, project.until(number)),
        batch=batch(spec, now),
        leakage=found,
        lineage=lineage(project, now, before),
        mining=mining(project, number),
    )


def collect_project(project: ProjectRecord) -> ProjectReport:
    """What the page of a project shows."""
    number = project.rounds[-1].number
    now, before = _pair(project, number)
    changed = changes(project.testing, now, before)
    lights = gates(project, now, leaks(now), regressions(now, before, changed))
    return ProjectReport(
        project=project.spec.name,
        description=project.spec.description,
        verdict=verdict(project, now, lights),
        target=target(project.spec.goal, now, before),
        weakest=weakest(class_rows(project.spec, now, before)),
        spent=spent(project, now),
        progress=progress(project, number),
        facts=testing_facts(project, now),
    )


def _pair(project: ProjectRecord, number: int) -> tuple[RoundRecord, RoundRecord | None]:
    """A round, and the one before it on the same way to the goal."""
    line = project.line(number)
    return line[-1], line[-2] if len(line) > 1 else None


def _with_errors(testing: pl.DataFrame, now: RoundRecord) -> int:
    """How many images have an error at the threshold."""
    matches = now.table("matches")
    if matches is None:
        return 0
    wrong = errors(testing["image"], matches, threshold=now.testing.threshold)
    return wrong.filter(pl.col("errors") > 0).height
