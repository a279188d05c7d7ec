"""The Job of an attempt, and all that the API is told when it makes it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from pydantic import JsonValue

from ymir.contracts.backend import Job
from ymir.engine.container import Try, environment
from ymir.errors import SpecError
from ymir.kubernetes.settings import Settings
from ymir.spec.executor import Size, size_in_bytes

MANAGER: Mapping[str, str] = {"app.kubernetes.io/managed-by": "ymir"}
CONTAINER = "job"
FOLDER, NAME, MARK = "ymir/folder", "ymir/job", "ymir/mark"  # annotations
NETWORK = "ymir/network"  # a label: what the NetworkPolicy selects

_LONGEST = 63  # characters of a name that pods carry as a label
_SLACK = 1800  # seconds beyond a job's limit: the pod's own clock runs while its image is pulled
_FOREVER = (1 << 31) - 1
_GRACE = 30  # seconds that a program has when its node is drained
_KEPT = 7 * 24 * 3600  # seconds for which a Job that nobody looked at stays
_LOGS = 1 << 30  # bytes that a node may need for what a job prints
_ROOT_MAY = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID")


@dataclass(frozen=True)
class Site:
    """Where jobs go, and as whom they run: who owns the files of the workspace, but never root."""

    settings: Settings
    user: int
    group: int


def below(folder: PurePath, settings: Settings) -> str:
    """Where a folder of this machine lies on the claim."""
    try:
        return str(folder.relative_to(settings.folder))
    except ValueError:
        raise SpecError(
            f"{folder} does not lie on the claim `{settings.claim}`, whose root is here "
            f"{settings.folder}",
            hint="move the workspace there, or correct `folder` in `Workspace`",
        ) from None


def object_name(job: Job, attempt: Try, settings: Settings) -> str:
    """What the attempt's Job is called: the same from every machine that sees the claim."""
    place = hashlib.sha256(below(job.folder, settings).encode()).hexdigest()[:10]
    end = f"-{place}-{attempt.folder.name}"
    plain = re.sub(r"[^a-z0-9]+", "-", job.name.lower())[: _LONGEST - len("ymir-") - len(end)]
    return f"ymir-{plain.strip('-') or 'job'}{end}"


def mark_of(job: Mapping[str, Any]) -> str:
    """What a Job was marked with when it was made."""
    return str((job["metadata"].get("annotations") or {}).get(MARK, ""))


def job_object(job: Job, attempt: Try, site: Site, mark: str) -> dict[str, JsonValue]:
    """What the API's `POST …/jobs` is told, of a Job with this mark.

    Whether another attempt follows, ymir decides.
    """
    settings = site.settings
    name = object_name(job, attempt, settings)
    labels = {**settings.labels, **MANAGER}
    walls = {NETWORK: "allowed" if job.network else "none"}
    where = {NAME: job.name, FOLDER: below(attempt.folder, settings)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "labels": {**labels}, "annotations": {**where, MARK: mark}},
        "spec": {
            "backoffLimit": 0,
            "completions": 1,
            "parallelism": 1,
            "podReplacementPolicy": "Failed",
            "podFailurePolicy": {"rules": _failing()},
            "ttlSecondsAfterFinished": _KEPT,
            "template": {
                "metadata": {"labels": {**MANAGER, **walls}, "annotations": {**where}},
                "spec": _pod(job, attempt, site),
            },
        },
    }


def _failing() -> list[JsonValue]:
    """A pod that ended in whatever way is the end of its Job: an attempt's folder is its own."""
    lost: JsonValue = [{"type": "DisruptionTarget", "status": "True"}]
    bad: JsonValue = {"containerName": CONTAINER, "operator": "NotIn", "values": [0]}
    return [
        {"action": "FailJob", "onPodConditions": lost},
        {"action": "FailJob", "onExitCodes": bad},
    ]


def _pod(job: Job, attempt: Try, site: Site) -> dict[str, JsonValue]:
    return {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": min(job.limit + _SLACK, _FOREVER),
        "terminationGracePeriodSeconds": _GRACE,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "shareProcessNamespace": True,  # or it would be process 1, which does not hear SIGTERM
        "securityContext": _identity(job, site),
        **_placement(site.settings),
        "containers": [_container(job, attempt, site)],
        "volumes": _volumes(job, site.settings),
    }


def _placement(settings: Settings) -> dict[str, JsonValue]:
    """Where it may run, and what its node needs to begin it; what is not said is left out."""
    tolerated = [each.model_dump(exclude_none=True) for each in settings.tolerations]
    secrets: list[JsonValue] = [{"name": each} for each in settings.image_pull_secrets]
    said: dict[str, JsonValue] = {
        "nodeSelector": {**settings.node_selector},
        "tolerations": [*tolerated],
        "serviceAccountName": settings.service_account,
        "imagePullSecrets": secrets,
        "priorityClassName": settings.priority_class,
    }
    return {key: value for key, value in said.items() if value}


def _identity(job: Job, site: Site) -> dict[str, JsonValue]:
    """No `fsGroup`: it would give the whole claim another group, file by file."""
    user, group = (0, 0) if job.run_as_root else (site.user, site.group)
    return {
        "runAsUser": user,
        "runAsGroup": group,
        "runAsNonRoot": not job.run_as_root,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _container(job: Job, attempt: Try, site: Site) -> dict[str, JsonValue]:
    gpus = (site.settings.gpu,) * job.resources.gpus
    env: list[JsonValue] = [
        {"name": key, "value": _literal(value)} for key, value in environment(job, gpus).items()
    ]
    capabilities: dict[str, JsonValue] = {"drop": ["ALL"]}
    if job.run_as_root:
        capabilities["add"] = [*_ROOT_MAY]
    return {
        "name": CONTAINER,
        "image": job.image,
        **({"command": [_literal(word) for word in job.command]} if job.command else {}),
        "env": env,
        "resources": _resources(job, site.settings),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": not job.run_as_root,
            "capabilities": capabilities,
        },
        "volumeMounts": _mounts(job, attempt, site.settings),
    }


def _literal(text: str) -> str:
    """Kubernetes would put the value of `NAME` where a command or a variable says `$(NAME)`."""
    return text.replace("$", "$$")


def _resources(job: Job, settings: Settings) -> dict[str, JsonValue]:
    """Limits; what a limit is set for is asked for, too."""
    asked = job.resources
    written = (size_in_bytes(settings.scratch) + _LOGS) >> 20
    limits: dict[str, JsonValue] = {"ephemeral-storage": f"{written}Mi"}
    if asked.cpus:
        limits["cpu"] = f"{max(1, round(asked.cpus * 1000))}m"
    if asked.memory:
        limits["memory"] = _quantity(asked.memory)
    if asked.gpus:
        limits[settings.gpu] = str(asked.gpus)
    return {"limits": limits, "requests": {**limits, "ephemeral-storage": "256Mi"}}


def _mounts(job: Job, attempt: Try, settings: Settings) -> list[JsonValue]:
    """`/in` as it is, with this attempt's own files over it, and `/out`."""
    own = [(attempt.folder / name, f"/in/{name}") for name in attempt.private]
    return [
        _mount("work", "/in", below(job.folder / "in", settings), read_only=True),
        *(_mount("work", to, below(at, settings), read_only=True) for at, to in own),
        _mount("work", "/out", below(attempt.folder / "out", settings)),
        _mount("shm", "/dev/shm"),  # noqa: S108 - of the container
        _mount("tmp", "/tmp"),  # noqa: S108 - of the container
    ]


def _mount(
    volume: str, target: str, below: str | None = None, *, read_only: bool = False
) -> dict[str, JsonValue]:
    said: dict[str, JsonValue] = {"name": volume, "mountPath": target}
    return {**said, "subPath": below, "readOnly": read_only} if below else said


def _volumes(job: Job, settings: Settings) -> list[JsonValue]:
    shm = {"medium": "Memory", "sizeLimit": _quantity(job.resources.shm)}
    return [
        {"name": "work", "persistentVolumeClaim": {"claimName": settings.claim}},
        {"name": "shm", "emptyDir": {**shm}},
        {"name": "tmp", "emptyDir": {"sizeLimit": _quantity(settings.scratch)}},
    ]


def _quantity(size: Size) -> str:
    """`16g` as Kubernetes says it: `16Gi`."""
    return f"{size[:-1]}{size[-1].upper()}i"
