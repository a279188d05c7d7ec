"""From a request to an executor's job, and back."""

import os
from pathlib import Path

from ymir.contracts.backend import Job
from ymir.errors import ResultError
from ymir.jobs.away import away
from ymir.jobs.program import Runner
from ymir.jobs.request import Request
from ymir.jobs.scribbles import scribbled
from ymir.spec.executor import ExecutorSpec
from ymir.stages.kind import Work


def executor_of(work: Work) -> ExecutorSpec:
    """The executor that the stage names."""
    return work.catalogue.executors[str(work.stage.settings["executor"])]


def runner_of(work: Work) -> Runner:
    """The stage's executor, as this workspace runs it."""
    executor, place = executor_of(work), work.catalogue.workspace.backend
    nodes = away(place.with_, work.workspace.resolve(), os.getuid())
    return Runner(executor, work.workspace, work.is_contained(executor), away=nodes)


def job_for(work: Work, request: Request) -> Job:
    """Lay out the job's `in/` and describe how it is run."""
    return runner_of(work).job(request, work.folder)


def result_of(work: Work) -> Path:
    """The folder with what the stage's only job made."""
    return sound(work, work.folder)


def sound(work: Work, job: Path) -> Path:
    """The folder with what a job made.

    A job that wrote into the stored images is refused, and these are taken out of the store: no
    later job may take them for what their names say.
    """
    if broken := scribbled(job, work.media.cache):
        work.media.forget(broken)
        raise ResultError(
            f"the executor wrote into {len(broken)} of its images, which are the workspace's own",
            hint="executors may write under `out` only; `ymir pull` brings the images back",
        )
    return job / "out"
