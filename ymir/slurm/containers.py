"""The container of an attempt, as Podman or Apptainer on a node is told of it. Pure.

What keeps the program in is as the `docker` backend has it. A node's engine runs as the job's own
user, so root in a container is that user outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.engine.container import Try, container_name, environment, labels
from ymir.spec.executor import Resources, size_in_bytes

PROGRAMS = ("podman", "apptainer")

_SPARE = 300  # seconds beyond its limit, after which a container whose job is gone is ended
_ROOT_MAY = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
# Programs compile kernels there, and load them.
_TMP = "/tmp:rw,exec,nosuid,nodev,mode=1777"  # noqa: S108 - of the container
_OF_THE_ENGINE = re.compile(r"PATH|HOME|LD_\w+|TMPDIR|XDG_\w+|CONTAINERS?_\w+|APPTAINER\w*")


@dataclass(frozen=True)
class Engines:
    """What may run containers on a node, the first that is there, and the options it is given."""

    programs: tuple[str, ...] = PROGRAMS
    options: tuple[str, ...] = ()
    limits: bool = True  # whether it holds memory and processes itself, beside Slurm


@dataclass(frozen=True)
class Berth:
    """Where an attempt is run; `images` is a folder of the node to which `in/assets` leads."""

    attempt: Try
    images: str | None = None


def ways(job: Job, berth: Berth, engines: Engines) -> list[JsonValue]:
    """How the container is run by each program, for a node to take the first that it has."""
    known = {"podman": _podman, "apptainer": _apptainer}
    return [known[program](job, berth, engines) for program in engines.programs]


def _podman(job: Job, berth: Berth, engines: Engines) -> dict[str, JsonValue]:
    name, asked = container_name(job), job.resources
    shown, quiet = _environment(job)
    walls = (
        [f"--cap-add={each}" for each in _ROOT_MAY]
        if job.run_as_root
        else ["--read-only", "--read-only-tmpfs=false", f"--tmpfs={_TMP}"]
    )
    words = [
        *engines.options,
        "run",
        f"--name={name}",
        "--replace",  # what a shim that was killed left of an earlier attempt
        "--rm",
        "--init",
        f"--pull={'missing' if '@' in str(job.image) else 'newer'}",  # a tag may have moved
        "--user=0:0",
        f"--timeout={job.limit + _SPARE}",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--security-opt=label=disable",
        *([] if job.network else ["--network=none"]),
        *walls,
        f"--shm-size={size_in_bytes(asked.shm)}",
        *(_limits(asked) if engines.limits else []),
        *(f"--label={key}={value}" for key, value in labels(job, berth.attempt).items()),
        *(f"--volume={source}:{target}:{how}" for source, target, how in _mounts(job, berth)),
        *(f"--env={key}={value}" for key, value in shown.items()),
        *(f"--env={key}" for key in quiet),
        *([f"--entrypoint={job.command[0]}"] if job.command else []),
    ]
    return {
        "program": "podman",
        "before": list(words),
        "gpu": "--device=nvidia.com/gpu={}" if asked.gpus else "",
        "image": [str(job.image), *job.command[1:]],
        "env": dict(quiet),
        "end": [*engines.options, "rm", "--force", "--time=0", "--ignore", name],
    }


def _apptainer(job: Job, berth: Berth, engines: Engines) -> dict[str, JsonValue]:
    """Apptainer puts up fewer walls; memory and processors are held by Slurm."""
    words = [
        *engines.options,
        "exec" if job.command else "run",
        "--containall",
        "--cleanenv",
        "--no-home",
        "--pwd=/",
        *(["--nv"] if job.resources.gpus else []),
        *(["--fakeroot", "--writable-tmpfs"] if job.run_as_root else []),
        *([] if job.network else ["--net", "--network=none"]),
        *(f"--bind={source}:{target}:{how}" for source, target, how in _mounts(job, berth)),
    ]
    shown, quiet = _environment(job)
    told = {f"APPTAINERENV_{key}": value for key, value in {**shown, **quiet}.items()}
    return {
        "program": "apptainer",
        "before": list(words),
        "gpu": "",
        "image": [f"docker://{job.image}", *job.command],
        "env": dict(told),
        "end": [],
    }


def _limits(asked: Resources) -> list[str]:
    memory = size_in_bytes(asked.memory) if asked.memory else None
    return [
        f"--pids-limit={asked.pids}",
        *([f"--memory={memory}", f"--memory-swap={memory}"] if memory else []),
    ]


def _environment(job: Job) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What may stand in a command line, because the engine itself reads it, and what may not."""
    every = environment(job, ("",) if job.resources.gpus else ())
    shown = {key: value for key, value in every.items() if _OF_THE_ENGINE.fullmatch(key)}
    return shown, {key: value for key, value in every.items() if key not in shown}


def _mounts(job: Job, berth: Berth) -> list[tuple[PurePath, str, str]]:
    """`/in` as it is, with this attempt's own files over it, and `/out`."""
    attempt, images = berth.attempt, berth.images
    return [
        (job.folder / "in", "/in", "ro"),
        *((attempt.folder / name, f"/in/{name}", "ro") for name in attempt.private),
        *([(PurePath(images), images, "ro")] if images else []),
        (attempt.folder / "out", "/out", "rw"),
    ]
