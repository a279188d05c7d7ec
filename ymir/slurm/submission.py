"""What Slurm is asked to run: the arguments of `sbatch`, and its script. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath

from ymir.contracts.backend import GRACE, Job
from ymir.spec.executor import size_in_bytes

_NAME = 60  # characters


@dataclass(frozen=True)
class Site:
    """What a workspace says of the cluster."""

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    gpu: str | None = None  # the kind, as the cluster calls it
    margin: int = 300  # seconds
    python: str = "/usr/bin/python3"
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """One attempt at a job; `folder` is where it lies."""

    job: Job
    folder: PurePath


@dataclass(frozen=True)
class Batch:
    """Attempts that one `sbatch` asks for; each knows its place in it."""

    name: str
    tasks: tuple[Task, ...]

    def said_of(self, place: int | str) -> str:
        """Where Slurm writes what it says itself of a task."""
        return str(self.tasks[0].folder / f"slurm-{place}.txt")


def batches(tasks: Sequence[Task], site: Site, most: int) -> Iterator[Batch]:
    """Batches of equal needs, in the order of the tasks, of at most so many each."""
    for _, same in groupby(sorted(tasks, key=_sorting(site)), key=_sorting(site)):
        alike = tuple(same)
        for first in range(0, len(alike), most):
            part = alike[first : first + most]
            yield Batch(batch_name(part), part)


def batch_name(tasks: Sequence[Task]) -> str:
    """What Slurm calls the tasks: the same for the same attempts, so that they are found by it."""
    folders = "\n".join(str(each.folder) for each in tasks)
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", tasks[0].job.name).strip("-.")[:_NAME]
    return f"ymir-{plain or 'job'}-{hashlib.sha256(folders.encode()).hexdigest()[:12]}"


def arguments(batch: Batch, site: Site) -> tuple[str, ...]:
    """The options of `sbatch`; those of the workspace first, so that ours hold."""
    named = {
        "--partition": site.partition,
        "--account": site.account,
        "--qos": site.qos,
        "--constraint": site.constraint,
    }
    array = () if len(batch.tasks) == 1 else (f"--array=0-{len(batch.tasks) - 1}",)
    return (
        *site.options,
        *(f"{option}={value}" for option, value in named.items() if value),
        *needs(batch.tasks[0].job, site),
        *array,
        f"--job-name={batch.name}",
        f"--output={batch.said_of('%a' if array else 0)}",
        "--open-mode=append",
        "--chdir=/",
        "--export=ALL",  # of what `client.environment` lets through
        "--no-requeue",  # an attempt is begun once; the next has a folder of its own
        "--parsable",
    )


def needs(job: Job, site: Site) -> tuple[str, ...]:
    """What one job asks of a node."""
    asked = job.resources
    kind = f":{site.gpu}" if site.gpu else ""
    return (
        "--nodes=1",
        "--ntasks=1",
        f"--time={minutes(job.limit, site)}",
        *([f"--cpus-per-task={math.ceil(asked.cpus)}"] if asked.cpus else []),
        *([f"--mem={math.ceil(size_in_bytes(asked.memory) / 1024**2)}M"] if asked.memory else []),
        *([f"--gres=gpu{kind}:{asked.gpus}"] if asked.gpus else []),
    )


def minutes(limit: int, site: Site) -> int:
    """For how long Slurm lets a job run, which ends by itself after `limit` seconds."""
    return math.ceil((limit + GRACE + site.margin) / 60)


def script(batch: Batch, site: Site, program: str) -> str:
    """The batch script: the program that runs attempts, and the folders of these."""
    folders = ascii([str(each.folder) for each in batch.tasks])
    alone = site.python.startswith("/")  # `env` takes one word
    first = f"{site.python} -IS" if alone else f"/usr/bin/env {site.python}"
    return f"#!{first}\n{program}\nsys.exit(main({folders}))\n"


def _sorting(site: Site) -> Callable[[Task], tuple[str, ...]]:
    return lambda task: needs(task.job, site)
