"""How a Job stands, from what servers of several releases say of it and its pods."""

from typing import Any

import pytest

from ymir.engine.state import State
from ymir.kubernetes.standing import (
    Late,
    Lost,
    Over,
    Runs,
    Standing,
    Unfit,
    Waits,
    pods_of,
    standing,
    why_unfit,
    why_without,
)

BEGAN, ENDED = "2026-11-23T08:00:00Z", "2026-11-23T08:00:09Z"
NOW = 1795420860.0  # a minute after BEGAN
JOB: dict[str, Any] = {"metadata": {"uid": "u1"}, "status": {"startTime": BEGAN}}


def pod(status: dict[str, Any], **meta: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p", "creationTimestamp": BEGAN, **meta}, "status": status}


def held(state: dict[str, Any], phase: str = "Running", **status: Any) -> dict[str, Any]:
    return pod({"phase": phase, "containerStatuses": [{"name": "job", "state": state}], **status})


def ended(code: int, how: str, phase: str = "Failed", **status: Any) -> dict[str, Any]:
    said = {"exitCode": code, "reason": how, "startedAt": BEGAN, "finishedAt": ENDED}
    return held({"terminated": {**said, "message": "last words"}}, phase, **status)


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return held({"waiting": {"reason": reason, "message": message}}, "Pending")


def condition(kind: str, message: str = "", status: str = "True", **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": status, "message": message, **more}


DISRUPTED = [condition("DisruptionTarget", "Taint manager: deleting due to NoExecute taint")]
TAKEN = condition("PodScheduled", "0/3 nodes are available: 3 Insufficient memory.", "False")
EVICTED = "The node was low on resource: memory."
FLOODED = 'Usage of EmptyDir volume "tmp" exceeds the limit "8Gi".'


def over(code: int, *, is_oom: bool = False) -> Over:
    began = NOW - 60
    state = State("exited", code=code, is_oom=is_oom, started=began, finished=began + 9)
    return Over("p", state, "last words")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (pod({"phase": "Pending"}), Waits()),
        (pod({"phase": "Pending", "conditions": [TAKEN]}), Waits(TAKEN["message"])),
        (waiting("ContainerCreating"), Waits("ContainerCreating")),
        (waiting("ErrImagePull", "timeout"), Waits("ErrImagePull: timeout")),
        (held({"running": {"startedAt": BEGAN}}), Runs("p", NOW - 60)),
        (ended(0, "Completed", "Succeeded"), over(0)),
        (ended(3, "Error"), over(3)),
        (ended(137, "OOMKilled"), over(137, is_oom=True)),
        (ended(128, "StartError"), Unfit("last words")),
        (ended(127, "ContainerCannotRun"), Unfit("last words")),
        (waiting("ImagePullBackOff", "Back-off"), Unfit("ImagePullBackOff: Back-off")),
        (waiting("InvalidImageName"), Unfit("InvalidImageName:")),
        (ended(143, "Error", reason="DeadlineExceeded"), Late("p", 9.0)),
        (pod({"phase": "Failed", "reason": "DeadlineExceeded"}), Late("p", 0.0)),
        (ended(143, "Error", conditions=DISRUPTED), Lost(DISRUPTED[0]["message"], "p", 9.0)),
        (
            ended(0, "Completed", "Succeeded", conditions=DISRUPTED),
            Lost(DISRUPTED[0]["message"], "p", 9.0, is_through=True),
        ),
        (pod({"phase": "Failed", "reason": "Evicted", "message": EVICTED}), Lost(EVICTED, "p")),
        (
            pod({"phase": "Failed", "reason": "Evicted", "message": FLOODED}),
            Over("p", State("exited", code=137), why=FLOODED),
        ),
        (pod({"phase": "Failed", "reason": "NodeLost"}), Lost("its node does not answer", "p")),
        (pod({"phase": "Failed", "reason": "OutOfcpu", "message": "no"}), Lost("no", "p")),
        (pod({"phase": "Failed"}), Lost("its pod failed", "p")),
        (
            ended(137, "ContainerStatusUnknown"),
            Lost("its node does not answer", "p", 9.0),
        ),
    ],
)
def test_a_pod_says_how_its_job_stands(said: dict[str, Any], meant: Standing) -> None:
    assert standing(JOB, [said], NOW) == meant


def test_a_pod_that_cannot_be_deleted_is_on_a_lost_node() -> None:
    said = held({"running": {"startedAt": BEGAN}}, conditions=DISRUPTED)
    said["metadata"]["deletionTimestamp"] = BEGAN
    assert isinstance(standing(JOB, [said], NOW), Runs)
    assert isinstance(standing(JOB, [said], NOW + 3600), Lost)


def test_of_several_pods_the_newest_counts() -> None:
    old = ended(1, "Error")
    new = pod({"phase": "Pending"}, creationTimestamp=ENDED)
    assert standing(JOB, [new, old], NOW) == Waits()


def test_pods_are_told_by_their_owner_and_not_by_their_name() -> None:
    mine = pod({}, ownerReferences=[{"uid": "u1"}])
    others = [pod({}, ownerReferences=[{"uid": "u2"}]), pod({})]
    assert pods_of(JOB, [*others, mine]) == [mine]


@pytest.mark.parametrize(
    ("conditions", "meant"),
    [
        ([], Waits()),
        ([condition("Suspended")], Waits("its Job is suspended, by a queue or by somebody")),
        ([condition("Failed", "Job has reached the limit")], Lost),
        ([condition("Failed", reason="DeadlineExceeded")], Late("", 0.0)),
        ([condition("Failed", status="False")], Waits()),
        ([condition("Complete")], Over),
    ],
)
def test_a_job_without_pods_is_believed(conditions: list[Any], meant: object) -> None:
    job = {**JOB, "status": {"conditions": conditions, "startTime": BEGAN, "completionTime": ENDED}}
    found = standing(job, [], NOW)
    assert found == meant if isinstance(meant, Standing) else isinstance(found, meant)  # type: ignore[arg-type]


def test_what_keeps_pods_from_being_made_is_told_and_rules_are_final() -> None:
    def event(message: str) -> dict[str, str]:
        return {"type": "Warning", "reason": "FailedCreate", "message": message}

    assert why_without([]) == Waits()
    assert why_without([event("pods is forbidden: exceeded quota: q")]) == Waits(
        "pods is forbidden: exceeded quota: q"
    )
    refused = why_without([event('pods "x" is forbidden: violates PodSecurity "restricted"')])
    assert isinstance(refused, Unfit)


def test_a_pull_that_failed_is_told_in_the_words_of_the_node() -> None:
    told = 'Failed to pull image "a/b": 401 Unauthorized'
    events = [
        {"reason": "Failed", "message": told},
        {"reason": "Failed", "message": "Error: ImagePullBackOff"},
    ]
    assert why_unfit(Unfit("ImagePullBackOff: Back-off"), events) == Unfit(told)
    assert why_unfit(Unfit("InvalidImageName:"), []) == Unfit("InvalidImageName:")
