"""Jobs on a cluster that loses nodes, refuses, forgets to answer, or is not there."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.backends.programs import FOREVER, pod, success, until, wait
from tests.kubernetes.api import Cluster, cluster
from ymir.backends.kubernetes import Jobs, connect, lacks
from ymir.cli.jobs.bench import JobBench
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Backend, Done, Failed, Job, Outcome, Running
from ymir.contracts.ticket import write_ticket
from ymir.errors import EngineError, SpecError
from ymir.kubernetes.settings import Settings
from ymir.spec.executor import Resources

SETTINGS = {"claim": "work", "folder": "/"}
PULLING: dict[str, Any] = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
TAKEN: dict[str, Any] = {
    "type": "PodScheduled",
    "status": "False",
    "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
}


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path) as known:
        yield known


def backend(**more: Any) -> Backend:
    return connect({**SETTINGS, **more})


def begun(far: Cluster, each: Job, backend: Backend) -> str:
    """Start the job; the name of its newest pod, once its program writes."""
    before = set(far.pods)
    while not (new := set(far.pods) - before):
        backend.start(each)
        backend.poll(each)
    until(attempts(each.folder)[-1].out / "ready")
    return new.pop()


def ready(tmp_path: Path, code: str = FOREVER) -> Job:
    return pod(tmp_path, "open('out/ready', 'w').write('1')\n" + code)


def lose(far: Cluster, name: str) -> None:
    """Its node is gone, and the cluster knows."""
    lost = {"type": "DisruptionTarget", "status": "True", "message": "node n1 is gone"}
    far.pods[name]["status"]["conditions"] = [lost]
    far.containers[name].end(0, "NodeLost")
    far.containers[name].is_over.wait(5)


def poll_until(backend: Backend, each: Job, is_so: Callable[[Outcome], bool]) -> Outcome:
    deadline = time.monotonic() + 15
    while not is_so(now := backend.poll(each)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return now


def test_what_a_node_lost_is_begun_again_and_goes_on(far: Cluster, tmp_path: Path) -> None:
    code = (
        "import os\n"
        "if os.path.exists('out/checkpoint/state'):\n"
        "    raise SystemExit(0)\n"
        "os.mkdir('out/checkpoint')\n"
        "open('out/checkpoint/state', 'w').write('half')\n"
        "open('out/ready', 'w').write('1')\n" + FOREVER
    )
    each, place = pod(tmp_path, code), backend()
    lose(far, begun(far, each, place))
    assert isinstance(wait(place, each), Done)
    assert len(attempts(each.folder)) == 2
    assert (each.folder / "out" / "checkpoint" / "state").read_text() == "half"


def test_what_is_lost_too_often_has_failed_and_says_where_to(far: Cluster, tmp_path: Path) -> None:
    each, place = ready(tmp_path), backend(tries=2)
    first = begun(far, each, place)
    lose(far, first)
    poll_until(place, each, lambda _: len(attempts(each.folder)) == 2)
    until(attempts(each.folder)[-1].out / "ready")
    lose(far, next(name for name in far.pods if name != first))
    outcome = poll_until(place, each, lambda now: isinstance(now, Failed))
    assert isinstance(outcome, Failed)
    assert outcome.why == "was lost 2 times in a row: node n1 is gone"
    assert place.poll(each) == outcome
    assert len(far.made) == 2


def test_a_job_that_somebody_took_away_is_begun_again(far: Cluster, tmp_path: Path) -> None:
    each, place = ready(tmp_path), backend()
    begun(far, each, place)
    with far.lock:
        far.remove_job(far.made[0], "Background")
    poll_until(place, each, lambda _: len(far.made) == 2)
    assert len(attempts(each.folder)) == 2
    place.stop(each)


def test_a_program_that_failed_is_not_begun_again(far: Cluster, tmp_path: Path) -> None:
    each, place = pod(tmp_path, "raise SystemExit('no such layer')"), backend()
    place.start(each)
    outcome = wait(place, each)
    assert isinstance(outcome, Failed)
    assert outcome.why == "exit code 1: no such layer"
    assert len(far.made) == 1


def test_what_ended_is_taken_away_from_the_cluster(far: Cluster, tmp_path: Path) -> None:
    success(backend(), pod(tmp_path, ""))
    assert not far.jobs


def test_an_image_that_cannot_be_pulled_is_a_failure_with_its_reason(
    far: Cluster, tmp_path: Path
) -> None:
    state = {"name": "job", "state": {"waiting": PULLING}}
    far.stuck = {"phase": "Pending", "containerStatuses": [state]}
    told = 'Failed to pull image "python:3": 401 Unauthorized'
    far.events = [{"type": "Warning", "reason": "Failed", "message": told}]
    each, place = pod(tmp_path, ""), backend()
    place.start(each)
    outcome = wait(place, each)
    assert isinstance(outcome, Failed)
    assert outcome.why == f"cannot be started: {told}"
    assert outcome.log is not None
    assert outcome.log.read_text() == f"{told}\n"
    assert not far.jobs


def test_a_job_without_room_waits_and_says_for_what(far: Cluster, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    far.stuck = {"phase": "Pending", "conditions": [TAKEN]}
    each, place = pod(tmp_path / ".ymir" / "jobs", ""), backend()
    write_ticket(each)
    place.start(each)
    assert place.poll(each) == Running()
    standing = JobBench(tmp_path).jobs()[0]
    assert (standing.state, standing.why) == ("running", f"it waits: {TAKEN['message']}")
    assert list(place.logs(each, follow=False)) == [f"ymir: it waits: {TAKEN['message']}\n"]
    place.stop(each)
    assert isinstance(place.poll(each), Failed)
    assert JobBench(tmp_path).jobs()[0].state == "stopped"
    assert not far.jobs


def test_whoever_looks_at_jobs_needs_no_settings(far: Cluster, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    code = "print('hello', flush=True)\nopen('out/ready', 'w').write('1')\n" + FOREVER
    each, place = pod(tmp_path / ".ymir" / "jobs", code), backend()
    write_ticket(each)
    begun(far, each, place)
    bench = JobBench(tmp_path)
    assert bench.jobs()[0].state == "running"
    looking = bench.backend_of(each)
    assert isinstance(looking, Jobs)
    assert "".join(looking.logs(each, follow=False)) == "hello\n"
    looking.stop(each)
    assert isinstance(place.poll(each), Failed)


def test_a_backend_without_a_cluster_is_silent_about_the_jobs_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    each = pod(tmp_path, "")
    (each.folder / "attempts" / "1").mkdir(parents=True)
    assert not connect({}).is_running(each)
    assert list(connect({}).logs(each, follow=False)) == []


def test_a_log_is_followed_from_the_start_to_the_end(far: Cluster, tmp_path: Path) -> None:
    code = "import time\nfor i in range(3): print(i, flush=True); time.sleep(0.2)\nprint('ä')"
    each, place = pod(tmp_path, code), backend()
    place.start(each)
    assert "".join(place.logs(each, follow=True)).split() == ["0", "1", "2", "ä"]


def test_an_answer_that_was_lost_makes_no_second_job(far: Cluster, tmp_path: Path) -> None:
    far.swallows = 1
    each, place = pod(tmp_path, "open('out/begun', 'a').write('.')"), backend()
    place.start(each)
    assert isinstance(wait(place, each), Done)
    assert len(far.made) == 1
    assert (each.folder / "out" / "begun").read_text() == "."


def test_a_cluster_that_is_away_for_a_while_is_waited_for(far: Cluster, tmp_path: Path) -> None:
    each, place = ready(tmp_path, "import time; time.sleep(1)"), backend()
    begun(far, each, place)
    far.is_down = True
    assert isinstance(poll_until(place, each, lambda _: True), Running)
    time.sleep(1.1)
    assert isinstance(place.poll(each), Running)
    far.is_down = False
    assert isinstance(wait(place, each), Done)


def test_a_job_that_could_not_be_begun_is_begun_when_the_cluster_is_back(
    far: Cluster, tmp_path: Path
) -> None:
    first, each, place = pod(tmp_path / "1", ""), pod(tmp_path / "2", ""), backend()
    assert isinstance(wait_for(place, first), Done)
    far.is_down = True
    place.start(each)
    assert place.poll(each) == Running()
    far.is_down = False
    assert isinstance(wait(place, each), Done)
    assert len(attempts(each.folder)) == 1


def test_a_cluster_that_never_answered_is_not_waited_for(far: Cluster, tmp_path: Path) -> None:
    far.is_down = True
    with pytest.raises(EngineError, match="does not answer: 503"):
        backend().start(pod(tmp_path, ""))


def test_a_job_that_is_younger_than_the_list_of_all_is_not_taken_for_lost(
    far: Cluster, tmp_path: Path
) -> None:
    jobs = [replace(ready(tmp_path / str(i)), name=f"job-{i}") for i in range(3)]
    place, another = backend(), backend()
    place.start(jobs[0])
    another.poll(jobs[0])
    for each in jobs[1:]:
        place.start(each)
        assert isinstance(place.poll(each), Running)
        assert isinstance(another.poll(each), Running)
    assert len(far.made) == 3
    place.stop(*jobs)


def test_a_cluster_that_stays_away_is_an_error(far: Cluster, tmp_path: Path) -> None:
    each, place = ready(tmp_path), Jobs(Settings.model_validate(SETTINGS), outage=0.5)
    begun(far, each, place)
    far.is_down = True
    with pytest.raises(EngineError, match="does not answer: 503"):
        wait(place, each)


def test_a_job_of_a_folder_that_was_removed_is_not_taken_for_this_one(
    far: Cluster, tmp_path: Path
) -> None:
    each, place = ready(tmp_path), backend()
    begun(far, each, place)
    (each.folder / "attempts").rename(tmp_path / "removed")
    pod(tmp_path, "open('out/x', 'w').write('new')")
    another = backend()
    another.start(each)
    assert isinstance(wait(another, each), Done)
    assert (each.folder / "out" / "x").read_text() == "new"
    assert len(set(far.made)) == 1 < len(far.made)


def test_a_job_that_shall_have_no_network_is_refused_where_nothing_keeps_it_off(
    far: Cluster, tmp_path: Path
) -> None:
    far.policies.clear()
    each = pod(tmp_path, "")
    with pytest.raises(EngineError, match="no NetworkPolicy `ymir-no-network`"):
        backend().start(each)
    assert not far.made
    assert isinstance(wait_for(backend(policy=None), each), Done)


def test_a_job_that_may_use_the_network_needs_no_policy(far: Cluster, tmp_path: Path) -> None:
    far.policies.clear()
    assert isinstance(wait_for(backend(), pod(tmp_path, "", network=True)), Done)


def wait_for(place: Backend, each: Job) -> Outcome:
    place.start(each)
    return wait(place, each)


def test_pods_that_are_not_made_are_waited_for_unless_a_rule_forbids_them(
    far: Cluster, tmp_path: Path
) -> None:
    far.is_podless = True
    event = {"type": "Warning", "reason": "FailedCreate", "message": "exceeded quota: small"}
    far.events = [event]
    each, place = pod(tmp_path, ""), backend()
    place.start(each)
    assert place.poll(each) == Running()
    assert (attempts(each.folder)[0].folder / "waits.txt").read_text() == "exceeded quota: small\n"
    far.events.append({**event, "message": 'violates PodSecurity "restricted:latest"'})
    outcome = poll_until(place, each, lambda now: isinstance(now, Failed))
    assert isinstance(outcome, Failed)
    assert "violates PodSecurity" in outcome.why


def test_what_the_server_takes_for_invalid_is_a_failure(far: Cluster, tmp_path: Path) -> None:
    each, place = pod(tmp_path, "", image=3), backend()
    place.start(each)
    outcome = place.poll(each)
    assert isinstance(outcome, Failed)
    assert "is invalid" in outcome.why


def test_several_jobs_are_stopped_together(far: Cluster, tmp_path: Path) -> None:
    jobs = [replace(ready(tmp_path / str(i)), name=f"job-{i}") for i in range(3)]
    place = backend()
    place.start(*jobs)
    for each in jobs:
        until(attempts(each.folder)[0].out / "ready")
    place.stop(*jobs)
    assert {type(place.poll(each)) for each in jobs} == {Failed}
    assert not far.jobs


def test_a_second_of_looking_at_many_jobs_is_two_calls(far: Cluster, tmp_path: Path) -> None:
    jobs = [replace(ready(tmp_path / str(i)), name=f"job-{i}") for i in range(5)]
    place = backend()
    place.start(*jobs)
    place.poll(jobs[0])
    far.calls.clear()
    assert all(isinstance(place.poll(each), Running) for each in jobs)
    assert len(far.calls) <= 2
    place.stop(*jobs)


def test_a_job_without_an_image_and_a_backend_without_a_claim_are_refused(
    far: Cluster, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match="has no image"):
        backend().start(replace(pod(tmp_path, ""), image=None))
    with pytest.raises(SpecError, match="has to be told of a claim"):
        connect({}).start(pod(tmp_path, ""))


def test_what_no_node_has_is_said_before_anything_runs(far: Cluster, tmp_path: Path) -> None:
    given = {"allocatable": {"cpu": "8", "memory": "32Gi"}}
    far.nodes = [{"metadata": {}, "spec": {}, "status": given}]
    asked = Resources(gpus=1)
    assert "no node of the cluster" in (lacks(asked, SETTINGS) or "")
    assert lacks(asked, {**SETTINGS, "grows": True}) is None
    assert lacks(Resources(), SETTINGS) is None
    far.allowed.discard(("list", "nodes"))
    assert lacks(asked, SETTINGS) is None


def test_the_note_of_an_attempt_tells_nothing_secret(far: Cluster, tmp_path: Path) -> None:
    each, place = ready(tmp_path), backend()
    begun(far, each, place)
    said = json.loads((attempts(each.folder)[0].folder / "kubernetes.json").read_text())
    assert set(said) == {"context", "namespace", "name", "mark"}
    assert (said["context"], said["namespace"]) == ("test", "vision")
    place.stop(each)
