"""The container of a job: its name, and all that the engine is told when it makes it. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.engine.facts import Facts
from ymir.spec.executor import size_in_bytes

JOB, FOLDER, ATTEMPT, GPUS = "ymir.job", "ymir.folder", "ymir.attempt", "ymir.gpus"

LOG_FILES, LOG_LIMIT = 2, 8 << 20  # files and bytes of output that the engine keeps
_NAME = 80  # characters
_ROOT_MAY = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")
_HANDING_BACK = ("CHOWN", "DAC_OVERRIDE", "FOWNER")
_TMP = "rw,exec,nosuid,nodev,mode=1777"  # programs compile kernels there, and load them


@dataclass(frozen=True)
class Host:
    """Whose engine it is: the caller's user and group, and what the engine says of itself."""

    user: int
    group: int
    facts: Facts = field(default_factory=Facts)

    @property
    def own(self) -> str:
        """The user in a container whose files outside belong to the caller."""
        return "0:0" if self.facts.is_rootless else f"{self.user}:{self.group}"

    def must_hand_back(self, job: Job) -> bool:
        """Whether the job's files belong to somebody else when it has ended."""
        return job.run_as_root and self.own != "0:0"


@dataclass(frozen=True)
class Try:
    """What one attempt at a job adds to it; all paths are absolute."""

    folder: PurePath
    private: tuple[str, ...] = ()  # its own files, seen in place of those in `/in`
    gpus: tuple[str, ...] = ()  # ids of NVIDIA's driver


def container_name(job: Job) -> str:
    """What the job's container is called; two clones of a workspace have two."""
    place = hashlib.sha256(str(job.folder).encode()).hexdigest()[:8]
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", job.name).strip("-.")[:_NAME]
    return f"ymir-{plain or 'job'}-{place}"


def container(job: Job, attempt: Try, host: Host) -> dict[str, JsonValue]:
    """What the engine's `POST /containers/create` is told."""
    command: dict[str, JsonValue] = {"Entrypoint": list(job.command), "Cmd": []}
    return {
        "Image": job.image,
        **(command if job.command else {}),
        "User": "0:0" if job.run_as_root else host.own,
        "Env": [f"{key}={value}" for key, value in environment(job, attempt.gpus).items()],
        "Labels": dict(labels(job, attempt)),
        "HostConfig": {
            **_walls(job, host.facts),
            **_limits(job, host.facts),
            **_devices(host.facts, attempt.gpus),
            "Mounts": _mounts(job, attempt),
        },
    }


def labels(job: Job, attempt: Try) -> dict[str, str]:
    """By what a container is known to be one of ymir's."""
    which = {JOB: job.name, FOLDER: str(job.folder), ATTEMPT: attempt.folder.name}
    return {**which, GPUS: ",".join(attempt.gpus)} if attempt.gpus else which


def handing_back(job: Job, attempt: Try, host: Host) -> dict[str, JsonValue]:
    """A container of the same image that gives what root wrote to the caller."""
    return {
        "Image": job.image,
        "Entrypoint": ["chown", "-R", "-h", host.own, "/out"],
        "Cmd": [],
        "User": "0:0",
        "HostConfig": {
            "NetworkMode": "none",
            "ReadonlyRootfs": True,
            "CapDrop": ["ALL"],
            "CapAdd": list(_HANDING_BACK),
            "SecurityOpt": _security(host.facts),
            "Mounts": [_mount(attempt.folder / "out", "/out", read_only=False)],
        },
    }


def environment(job: Job, gpus: Sequence[str] = ()) -> dict[str, str]:
    """What the executor finds in its environment beside what its image says."""
    cpus = job.resources.cpus
    threads = {"OMP_NUM_THREADS": str(math.ceil(cpus))} if cpus else {}
    home = {} if job.run_as_root else {"HOME": "/tmp"}  # noqa: S108 - of the container
    # Where NVIDIA's runtime is the default, an image may ask for every GPU by itself.
    none = {} if gpus else {"NVIDIA_VISIBLE_DEVICES": "void"}
    return {"PYTHONUNBUFFERED": "1", **home, **threads, **job.env, **none}


def _walls(job: Job, found: Facts) -> dict[str, JsonValue]:
    """What keeps the program in."""
    writable: dict[str, JsonValue] = {"CapAdd": list(_ROOT_MAY)}
    sealed: dict[str, JsonValue] = {"ReadonlyRootfs": True, "Tmpfs": {"/tmp": _TMP}}  # noqa: S108
    return {
        "CapDrop": ["ALL"],
        "SecurityOpt": _security(found),
        **({} if job.network else {"NetworkMode": "none"}),
        **(writable if job.run_as_root else sealed),
    }


def _security(found: Facts) -> list[JsonValue]:
    """SELinux would hide the folders, unless they were labelled anew or it is told to let them."""
    return ["no-new-privileges:true", *(["label=disable"] if found.has_selinux else [])]


def _limits(job: Job, found: Facts) -> dict[str, JsonValue]:
    asked = job.resources
    log = {"max-size": f"{LOG_LIMIT >> 20}m"}
    if not found.is_podman:  # which begins the file anew
        log["max-file"] = str(LOG_FILES)
    limits: dict[str, JsonValue] = {
        "Init": True,
        "PidsLimit": asked.pids,
        "ShmSize": size_in_bytes(asked.shm),
        "LogConfig": {"Type": "json-file", "Config": dict(log)},
    }
    if asked.cpus:
        limits["NanoCpus"] = round(min(asked.cpus, found.processors) * 1e9)
    if asked.memory:
        limits["Memory"] = limits["MemorySwap"] = size_in_bytes(asked.memory)
    return limits


def _devices(found: Facts, gpus: Sequence[str]) -> dict[str, JsonValue]:
    if not gpus:
        return {}
    if found.gpus == "cdi":
        ids: list[JsonValue] = [f"nvidia.com/gpu={each}" for each in gpus]
        return {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ids}]}
    wanted: Mapping[str, JsonValue] = {"DeviceIDs": list(gpus), "Capabilities": [["gpu"]]}
    return {"DeviceRequests": [{"Driver": "nvidia", **wanted}]}


def _mounts(job: Job, attempt: Try) -> list[JsonValue]:
    """`/in` as it is, with this attempt's own files over it, and `/out`."""
    return [
        _mount(job.folder / "in", "/in", read_only=True),
        *(_mount(attempt.folder / name, f"/in/{name}", read_only=True) for name in attempt.private),
        _mount(attempt.folder / "out", "/out", read_only=False),
    ]


def _mount(source: PurePath, target: str, *, read_only: bool) -> dict[str, JsonValue]:
    return {"Type": "bind", "Source": str(source), "Target": target, "ReadOnly": read_only}
