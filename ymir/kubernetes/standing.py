"""How the Job of an attempt stands, from what the API says of it and of its pods. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ymir.engine.state import State

Object = Mapping[str, Any]

_TERMINATING = 120.0  # seconds beyond which a pod that shall go is on a node that does not answer
_KILLED = 137
# Reasons of a pod's failure that are no fault of its program.
_LOST = re.compile(
    r"Evicted|NodeLost|NodeShutdown|Shutdown|Terminated|Preempting|NodeAffinity|OutOf\w+"
    r"|UnexpectedAdmissionError|TopologyAffinityError"
)
_EXCEEDED = re.compile(r"exceed(s|ed)", re.IGNORECASE)
_UNFIT = (
    "CreateContainerConfigError",
    "CreateContainerError",
    "ErrImageNeverPull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "RunContainerError",
)
_NOT_BEGUN = ("ContainerCannotRun", "StartError")
_REFUSED = re.compile(r"violates PodSecurity|is invalid|admission webhook", re.IGNORECASE)


@dataclass(frozen=True)
class Waits:
    """Nothing runs yet; `why` is a line where the cluster says one."""

    why: str = ""


@dataclass(frozen=True)
class Runs:
    """The program runs, in this pod, since then: seconds since 1970."""

    pod: str
    since: float


@dataclass(frozen=True)
class Over:
    """The program ran and is over; `why`, where the cluster ended it for what it did."""

    pod: str
    state: State
    tail: str = ""  # the end of what it printed, as far as the cluster kept it
    why: str = ""


@dataclass(frozen=True)
class Late:
    """The cluster ended it when its time was over."""

    pod: str
    seconds: float


@dataclass(frozen=True)
class Unfit:
    """It cannot be begun: for `why`, people have to do something."""

    why: str


@dataclass(frozen=True)
class Lost:
    """It ended by no fault of its own; `is_through` if its program ended well before."""

    why: str
    pod: str = ""
    seconds: float = 0.0
    is_through: bool = False


Standing = Waits | Runs | Over | Late | Unfit | Lost


def standing(job: Object, pods: Sequence[Object], now: float) -> Standing:
    """How a Job stands that has these pods."""
    pod = max(pods, key=_made, default=None)
    return _without(job) if pod is None else _with(pod, now)


def pods_of(job: Object, pods: Iterable[Object]) -> list[Object]:
    """Those of the pods that the Job's controller made for it."""
    uid = job["metadata"]["uid"]
    return [
        pod
        for pod in pods
        if any(owner["uid"] == uid for owner in pod["metadata"].get("ownerReferences") or ())
    ]


def why_without(events: Iterable[Object]) -> Waits | Unfit:
    """Why a Job has no pod, from the events about it: a quota, or a rule that it breaks."""
    said = [each for each in events if each.get("type") == "Warning"]
    if not said:
        return Waits()
    line = _line(said[-1].get("message"))
    return Unfit(f"the cluster refuses its pods: {line}") if _REFUSED.search(line) else Waits(line)


def why_unfit(standing: Unfit, events: Iterable[Object]) -> Unfit:
    """The same, with what the node said when it failed to pull the image."""
    said = [_line(each.get("message")) for each in events if each.get("reason") == "Failed"]
    longer = [line for line in said if "pull" in line and "rror: " not in line[:8]]
    return Unfit(max(longer, key=len)) if longer else standing


def _without(job: Object) -> Standing:
    for each in job.get("status", {}).get("conditions") or ():
        if each.get("status") != "True":
            continue
        match each["type"]:
            case "Complete":
                return Over("", State("exited", "", 0, started=_began(job), finished=_ended(job)))
            case "Failed" if each.get("reason") == "DeadlineExceeded":
                return Late("", 0.0)
            case "Failed":
                return Lost(f"its pod is gone: {_line(each.get('message'))}")
            case "Suspended":
                return Waits("its Job is suspended, by a queue or by somebody")
    return Waits()


def _with(pod: Object, now: float) -> Standing:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    held: Object = next(iter(status.get("containerStatuses") or ()), {})
    state = held.get("state") or {}
    ended = state.get("terminated")
    if status.get("reason") == "DeadlineExceeded":
        return Late(name, _lasted(ended or {}))
    if lost := _lost(pod, ended, now):
        return lost
    if ended:
        return _over(name, ended)
    if running := state.get("running"):
        return Runs(name, _moment(running.get("startedAt")))
    if status.get("phase") == "Failed":  # before any container of it began
        return Lost(_line(status.get("message")) or "its pod failed", name)
    waiting = state.get("waiting") or {}
    if waiting.get("reason") in _UNFIT:
        return Unfit(_line(f"{waiting['reason']}: {waiting.get('message', '')}"))
    return Waits(_waits(status, waiting))


def _lost(pod: Object, ended: Object | None, now: float) -> Standing | None:
    """Whether it was taken from its node, or its node from the cluster."""
    status, name = pod.get("status", {}), pod["metadata"]["name"]
    reason, said = str(status.get("reason") or ""), _line(status.get("message"))
    conditions = status.get("conditions") or ()
    taken = next((each for each in conditions if _is(each, "DisruptionTarget")), None)
    is_failed = status.get("phase") == "Failed" and _LOST.fullmatch(reason) is not None
    is_unknown = ended is not None and ended.get("reason") == "ContainerStatusUnknown"
    gone = _moment(pod["metadata"].get("deletionTimestamp"))
    is_away = taken is not None and 0 < gone < now - _TERMINATING
    if not (is_failed or is_unknown or is_away or (taken is not None and ended)):
        return None
    if reason == "Evicted" and _EXCEEDED.search(said):
        return Over(name, State("exited", "", _KILLED), why=said)
    why = said or _line((taken or {}).get("message")) or "its node does not answer"
    is_through = ended is not None and ended.get("exitCode") == 0 and not is_unknown
    return Lost(why, name, _lasted(ended or {}), is_through)


def _over(name: str, ended: Object) -> Standing:
    said = str(ended.get("message") or "")
    if ended.get("reason") in _NOT_BEGUN:
        return Unfit(_line(said) or "its program cannot be begun")
    state = State(
        status="exited",
        code=int(ended.get("exitCode", 0)),
        is_oom=ended.get("reason") == "OOMKilled",
        started=_moment(ended.get("startedAt")),
        finished=_moment(ended.get("finishedAt")),
    )
    return Over(name, state, said)


def _waits(status: Object, waiting: Object) -> str:
    """Why a pod has not begun: the scheduler's own words, or the node's."""
    for each in status.get("conditions") or ():
        if each["type"] == "PodScheduled" and each.get("status") == "False":
            return _line(each.get("message"))
    said = (waiting.get("reason"), waiting.get("message"))
    return _line(": ".join(str(each) for each in said if each))


def _is(condition: Object, kind: str) -> bool:
    return condition.get("type") == kind and condition.get("status") == "True"


def _made(pod: Object) -> str:
    return str(pod["metadata"].get("creationTimestamp") or "")


def _began(job: Object) -> float:
    return _moment(job["status"].get("startTime"))


def _ended(job: Object) -> float:
    return _moment(job["status"].get("completionTime"))


def _lasted(ended: Object) -> float:
    began, end = _moment(ended.get("startedAt")), _moment(ended.get("finishedAt"))
    return max(0.0, end - began) if began else 0.0


def _moment(text: object) -> float:
    """Seconds since 1970; 0 for a time that is not said, or is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp() if text else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _line(text: object) -> str:
    return " ".join(str(text or "").split())
