"""What `squeue` answers, read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FORMAT = "%j|%F|%K|%T|%N|%r"  # name, job, task, state, node, reason

_LIVE = (
    "PENDING",
    "CONFIGURING",
    "RUNNING",
    "COMPLETING",
    "SUSPENDED",
    "STOPPED",
    "RESIZING",
    "SIGNALING",
    "STAGE_OUT",
    "REQUEUED",
    "REQUEUE_FED",
    "REQUEUE_HOLD",
    "SPECIAL_EXIT",
)
# Slurm holds a job for these reasons until somebody changes it.
_HOPELESS = ("BadConstraints", "DependencyNeverSatisfied", "PartitionTimeLimit")
_HELD = "held"
# How a job ends that could end otherwise where it is begun again.
_LOST = {
    "NODE_FAIL": "its node was lost",
    "PREEMPTED": "it had to make room for another job",
    "BOOT_FAIL": "its node did not boot",
    "REVOKED": "another cluster took it",
}


@dataclass(frozen=True)
class Standing:
    """How one task stands with Slurm."""

    job: str  # the number of the job, or of its array
    task: int | None
    state: str
    node: str = ""
    reason: str = ""

    @property
    def id(self) -> str:
        """How Slurm's commands are told of it."""
        return self.job if self.task is None else f"{self.job}_{self.task}"

    @property
    def is_live(self) -> bool:
        """Whether it runs, or is yet to run."""
        return self.state in _LIVE

    @property
    def is_pending(self) -> bool:
        """Whether it is yet to run."""
        return self.state == "PENDING"

    @property
    def is_hopeless(self) -> bool:
        """Whether it would wait for ever."""
        is_held = _HELD in self.reason.lower() and "launch failed" in self.reason
        return self.is_pending and (self.reason in _HOPELESS or is_held)

    @property
    def may_be_another(self) -> bool:
        """Whether our program itself ended, as it does where it finds an attempt begun."""
        return self.reason in ("None", "NonZeroExitCode")

    @property
    def loss(self) -> str | None:
        """Why it ended, where it was the cluster's fault."""
        return _LOST.get(self.state)


Key = tuple[str, int]  # the name of a batch, and the place in it


def read_queue(text: str) -> Mapping[Key, Standing]:
    """Every task by its batch and place; of two with the same, the one that is live, or newer."""
    found: dict[Key, Standing] = {}
    for line in text.splitlines():
        fields = line.strip().split("|", 5)
        if len(fields) < 6 or not fields[1].isdigit():
            continue  # of a job whose name is like no name of ours
        name, job, place, state, node, reason = fields
        task = int(place) if place.isdigit() else None
        standing = Standing(job, task, state, node, reason)
        other = found.get((name, task or 0))
        if other is None or _rank(standing) > _rank(other):
            found[name, task or 0] = standing
    return found


def _rank(standing: Standing) -> tuple[bool, bool, int]:
    number = int(standing.job) if standing.job.isdigit() else 0
    return standing.is_live and not standing.is_pending, standing.is_live, number
