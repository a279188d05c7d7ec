"""Turns a workspace into what its page shows. All sums and comparisons are made here."""

from __future__ import annotations

from ymir.report.shown.summary import Next
from ymir.report.words import plural
from ymir.site.datasets import datasets
from ymir.site.models import models
from ymir.site.projects import projects
from ymir.site.queue import queue, returned
from ymir.site.record import Compare, CountDone, Placed, WorkspaceRecord
from ymir.site.shown import Batch, Site


def collect(record: WorkspaceRecord, placed: Placed, compare: Compare, done: CountDone) -> Site:
    """All of it."""
    waiting = queue(record, done)
    every = projects(record, placed)
    kept = datasets(record, placed, compare)
    made = models(record, placed)
    counted = [
        plural(len(every), "project"),
        plural(sum(len(each.versions) > 0 for each in kept), "dataset"),
        plural(len(made), "model"),
    ]
    return Site(
        name=record.root.name,
        headline=" · ".join([*counted, *_owed(waiting)]),
        queue=waiting,
        returned=returned(record),
        projects=every,
        datasets=kept,
        models=made,
        advice=_advice(record),
        ymir=record.ymir,
    )


def _owed(waiting: tuple[Batch, ...]) -> list[str]:
    """What people owe, in a few words."""
    left = sum(each.images - (each.done or 0) for each in waiting)
    return [f"{plural(left, 'image')} to label"] if waiting else []


def _advice(record: WorkspaceRecord) -> tuple[Next, ...]:
    """What to do in a workspace in which nothing is recorded."""
    if record.observed:
        return ()
    if not record.catalogue.datasets and not record.catalogue.projects:
        return (
            Next(
                "Say what data there is: a `Dataset` in `specs/` names a folder.",
                "ymir explain Dataset",
            ),
            Next(
                "Say what is wanted: a `Project` names a goal, a model, a budget.",
                "ymir explain Project",
            ),
            Next("See what would be made.", "ymir plan"),
        )
    return (
        Next("See what would be made, and why.", "ymir plan"),
        Next("Make it: datasets first, then round by round.", "ymir apply"),
    )
