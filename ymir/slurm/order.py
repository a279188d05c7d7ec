"""What an attempt's folder says of it: what the node runs, and which task of Slurm it is. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from ymir.contracts.attempt import Ending
from ymir.contracts.backend import Job
from ymir.engine.container import Try
from ymir.slurm.containers import Berth, Engines, ways
from ymir.slurm.queue import Standing
from ymir.spec.executor import size_in_bytes

RUN, MARK, BEGUN = "run.json", "slurm.json", "begun.json"
PATIENCE, ALIVE, WAITS, LOST = "patience.json", "alive", "waits.txt", "lost.json"

# How Slurm says that it ended a job for its memory, whatever state it gives it.
_MEMORY = re.compile(r"exceeded (job )?memory limit|oom.kill|out of memory", re.IGNORECASE)


@dataclass(frozen=True)
class Mark:
    """Which task an attempt is; `again` counts the attempts before it that the cluster lost."""

    batch: str = ""
    task: int = 0
    again: int = 0
    job: str = ""  # the number that `sbatch` answered; none where its answer was lost
    said: str = ""  # the file into which Slurm writes what it says itself


def order(
    job: Job, berth: Berth, outer: Mapping[str, str], engines: Engines, ymir: str
) -> dict[str, JsonValue]:
    """What the program on the node reads; `outer` is what the job may see of our environment.

    `ymir` is a Python of the node that has ymir, for images that it has to fetch.
    """
    disk = job.resources.disk
    fetch: list[JsonValue] = [ymir, "-m", "ymir.node"] if berth.images else []
    return {
        "command": list(job.command),
        "env": dict(_environment(job, berth.attempt, outer)),
        "limit": job.limit,
        "disk": size_in_bytes(disk) if disk else None,
        "disk_said": disk or "",
        "containers": ways(job, berth, engines) if job.image else [],
        "fetch": [*fetch, "fetch", str(job.folder)] if fetch else [],
        "release": [*fetch, "release", str(job.folder)] if fetch else [],
    }


def _environment(job: Job, attempt: Try, outer: Mapping[str, str]) -> Mapping[str, str]:
    """What a plain program finds in its environment, beside what Slurm says on the node."""
    cpus = job.resources.cpus
    threads = {"OMP_NUM_THREADS": str(math.ceil(cpus))} if cpus else {}
    told = {"DEFAULT_ENV_FILE_PATH": str(attempt.folder / "env.yaml")}
    where = told if "env.yaml" in attempt.private else {}
    return {**outer, "PYTHONUNBUFFERED": "1", **threads, **job.env, **where}


def ended(job: Job, standing: Standing | None, said: str = "") -> Ending | None:
    """How an attempt ended that left no word of it; None where the cluster lost it.

    `said` is the end of what Slurm printed of it.
    """
    if _MEMORY.search(said):
        return Ending("ended", tail=_out_of_memory(job))
    match standing.state if standing else "":
        case "CANCELLED":
            return Ending("ended", tail="was cancelled in Slurm, and not by ymir")
        case "TIMEOUT" | "DEADLINE":
            return Ending("timeout")
        case "OUT_OF_MEMORY":
            return Ending("ended", tail=_out_of_memory(job))
        case "FAILED" if standing and standing.reason == "BadConstraints":
            return Ending("unstartable", tail="no node can ever give what it asks (BadConstraints)")
    return None


def loss(standing: Standing | None, said: str) -> str:
    """Why the cluster lost an attempt, in a line; `said` is what Slurm printed of it last."""
    if standing is not None and standing.loss:
        return f"{standing.loss} ({standing.state}{_on(standing)})"
    state = f"Slurm says {standing.state}{_on(standing)}" if standing else "Slurm has forgotten it"
    return f"it ended without a trace ({state}{f': {said}' if said else ''})"


def _on(standing: Standing) -> str:
    return f" on {standing.node}" if standing.node else ""


def _out_of_memory(job: Job) -> str:
    if job.resources.memory:
        return f"ran out of memory: it may use `memory: {job.resources.memory}`"
    return "ran out of memory: it has what Slurm gives by default; ask for more by `memory`"
