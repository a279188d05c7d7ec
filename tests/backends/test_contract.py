"""What every backend must do. A new backend is tested by adding its name here.

A job's program runs where `out/` is: in the folder of its attempt, or at the root of its container.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.backends.programs import FOREVER, IGNORE_TERM, MAKERS, Maker, until, wait
from tests.containers.base import DOCKER, swept
from tests.containers.podman import PODMAN, podman
from tests.kubernetes.api import cluster
from tests.slurm.cluster import SLURM
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Backend, Done, Failed, Job, Running, backends
from ymir.engine.containers import Containers
from ymir.spec.executor import Resources

KINDS = [
    "process",
    pytest.param("docker", marks=DOCKER),
    pytest.param("podman", marks=PODMAN),
    pytest.param("slurm", marks=SLURM),
    "kubernetes",
]


@pytest.fixture(params=KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def connect(
    kind: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Backend]]:
    """How to make one more backend of the kind."""
    if kind == "slurm":
        request.getfixturevalue("slurm")
    if kind == "kubernetes":
        with cluster(tmp_path_factory.mktemp("kubernetes")):
            yield lambda: backends.load(kind).connect({"claim": "work", "folder": "/"})
        return
    if kind != "podman":
        yield lambda: backends.load(kind).connect({})
        return
    with podman() as engine:
        yield lambda: Containers(lambda: engine)


@pytest.fixture
def backend(connect: Callable[[], Backend], kind: str, tmp_path: Path) -> Iterator[Backend]:
    yield connect()
    assert kind != "docker" or not swept(tmp_path)


@pytest.fixture
def job(kind: str) -> Maker:
    return MAKERS[kind]


def ends(backend: Backend, each: Job, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while backend.is_running(each) and time.monotonic() < deadline:
        time.sleep(0.01)


def failure(backend: Backend, each: Job, *, is_begun: bool = False) -> Failed:
    if not is_begun:
        backend.start(each)
    outcome = wait(backend, each)
    assert isinstance(outcome, Failed)
    assert "\n" not in outcome.why
    assert not (each.folder / "out").exists()
    return outcome


def test_what_a_job_wrote_is_committed_when_it_ends_well(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, "open('out/x', 'w').close()")
    backend.start(each)
    outcome = wait(backend, each)
    assert isinstance(outcome, Done)
    assert outcome.seconds > 0
    assert (each.folder / "out" / "x").exists()


def test_a_job_that_is_done_stays_done(
    backend: Backend, connect: Callable[[], Backend], job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, "open('out/x', 'a').write('.')")
    backend.start(each)
    first = wait(backend, each)
    another = connect()
    another.start(each)
    assert wait(another, each) == first
    another.stop(each)
    assert wait(another, each) == first
    assert (each.folder / "out" / "x").read_text() == "."


def test_failure_says_why_in_one_line(backend: Backend, job: Maker, tmp_path: Path) -> None:
    outcome = failure(backend, job(tmp_path, "print('start')\nraise SystemExit('no gpu here')"))
    assert outcome.why == "exit code 1: no gpu here"


def test_failure_names_the_exit_code(backend: Backend, job: Maker, tmp_path: Path) -> None:
    outcome = failure(backend, job(tmp_path, "raise SystemExit(3)"))
    assert outcome.why == "exit code 3: it printed nothing"


def test_the_log_is_kept(backend: Backend, job: Maker, tmp_path: Path) -> None:
    code = "import sys\nprint('hello')\nprint('trouble', file=sys.stderr)\nraise SystemExit(1)"
    outcome = failure(backend, job(tmp_path, code))
    assert outcome.log is not None
    assert {"hello", "trouble"} <= set(outcome.log.read_text().split())


def test_a_program_that_is_not_there_is_a_failure(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    outcome = failure(backend, replace(job(tmp_path, ""), command=("/not/here",)))
    assert "cannot be started" in outcome.why
    assert "/not/here" in outcome.why


def test_polling_a_failed_job_tries_nothing(backend: Backend, job: Maker, tmp_path: Path) -> None:
    each = job(tmp_path, "import sys; print('no'); sys.exit(3)")
    first = failure(backend, each)
    assert backend.poll(each) == first
    assert len(attempts(each.folder)) == 1


def test_starting_a_failed_job_is_one_more_attempt(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, "raise SystemExit(3)")
    failure(backend, each)
    job(tmp_path, "open('out/x', 'w').close()")
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    assert len(attempts(each.folder)) == 2


def test_a_job_that_ended_well_unseen_is_not_begun_again(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, "open('out/begun', 'a').write('.')")
    backend.start(each)
    ends(backend, each)
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    assert (each.folder / "out" / "begun").read_text() == "."


def test_a_result_that_was_set_aside_is_made_anew(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, "open('out/x', 'w').write('lie')")
    backend.start(each)
    wait(backend, each)
    (each.folder / "out").rename(each.folder / "rejected-1")
    job(tmp_path, "open('out/x', 'w').write('truth')")
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    assert (each.folder / "out" / "x").read_text() == "truth"


def test_starting_twice_is_starting_once(
    backend: Backend, connect: Callable[[], Backend], job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, "open('out/begun', 'a').write('.')")
    another = connect()
    for starter in (backend, another, backend):
        starter.start(each)
    assert isinstance(wait(another, each), Done)
    assert (each.folder / "out" / "begun").read_text() == "."


def test_progress_is_what_the_executor_says(backend: Backend, job: Maker, tmp_path: Path) -> None:
    code = "open('out/monitor.txt', 'w').write('t\\t1.5\\t0.25\\t2\\n')\n" + FOREVER
    each = job(tmp_path, code)
    backend.start(each)
    deadline = time.monotonic() + 10
    while backend.poll(each) != Running(0.25) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert backend.poll(each) == Running(0.25)
    backend.stop(each)


def test_an_executor_that_says_it_failed_has_failed(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    code = "open('out/monitor.txt', 'w').write('t\\t1.5\\t1\\t4\\t300103\\ttoo big\\n')"
    outcome = failure(backend, job(tmp_path, code))
    assert outcome.why == "gave up: out of memory (code 300103): too big"


def test_stop_ends_a_running_job(backend: Backend, job: Maker, tmp_path: Path) -> None:
    each = job(tmp_path, FOREVER)
    backend.start(each)
    backend.stop(each)
    assert backend.poll(each) == Failed("was stopped", attempts(each.folder)[-1].log)
    backend.stop(each)


def test_stopping_what_never_began_does_nothing(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    backend.stop(job(tmp_path, FOREVER))


def test_another_backend_adopts_a_running_job_and_can_stop_it(
    backend: Backend, connect: Callable[[], Backend], job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, FOREVER)
    backend.start(each)
    another = connect()
    another.start(each)
    assert isinstance(another.poll(each), Running)
    another.stop(each)
    assert isinstance(backend.poll(each), Failed)
    assert len(attempts(each.folder)) == 1


def test_a_stopped_job_goes_on_from_its_checkpoint(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    code = (
        "import os\n"
        "if os.path.exists('out/checkpoint/state'):\n"
        "    open('out/x', 'w').write(open('out/checkpoint/state').read())\n"
        "    raise SystemExit(0)\n"
        "os.mkdir('out/checkpoint')\n"
        "open('out/checkpoint/state', 'w').write('half')\n" + FOREVER
    )
    each = job(tmp_path, code)
    backend.start(each)
    until(attempts(each.folder)[0].out / "checkpoint" / "state")
    backend.stop(each)
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    assert (each.folder / "out" / "x").read_text() == "half"


def test_a_job_that_takes_too_long_is_stopped(backend: Backend, job: Maker, tmp_path: Path) -> None:
    outcome = failure(backend, job(tmp_path, FOREVER, resources=Resources(timeout="1s")))
    assert outcome.why == "took longer than its limit of 1s"


def test_a_job_that_ignores_being_asked_is_ended(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, IGNORE_TERM + "open('out/deaf', 'w').write('1'); " + FOREVER)
    backend.start(each)
    until(attempts(each.folder)[0].out / "deaf")
    began = time.monotonic()
    backend.stop(each)
    assert isinstance(backend.poll(each), Failed)
    assert 4 < time.monotonic() - began < 9  # a grace of five seconds, then the end


def test_a_job_that_is_asked_to_end_gets_the_time_that_it_is_given(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    code = (
        "import os, signal, time\n"
        "asked = []\n"
        "signal.signal(signal.SIGTERM, lambda *_: asked.append(1))\n"
        "open('out/ready', 'w').write('1')\n"
        "while not asked: time.sleep(0.01)\n"
        "time.sleep(6)\n"
        "os.mkdir('out/checkpoint')\n"
        "open('out/checkpoint/state', 'w').write('whole')\n"
    )
    each = job(tmp_path, code)
    backend.start(each)
    until(attempts(each.folder)[0].out / "ready")
    backend.stop(each, patience=60)
    assert isinstance(backend.poll(each), Failed)
    assert (attempts(each.folder)[0].out / "checkpoint" / "state").read_text() == "whole"


def test_a_job_that_reached_its_end_before_it_heard_is_done(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    code = (
        IGNORE_TERM + "import time\n"
        "open('out/ready', 'w').write('1')\n"
        "time.sleep(1)\n"
        "open('out/monitor.txt', 'w').write('t\\t1.5\\t1\\t2\\n')\n"
    )
    each = job(tmp_path, code)
    backend.start(each)
    until(attempts(each.folder)[0].out / "ready")
    backend.stop(each)
    assert isinstance(backend.poll(each), Done)
    assert (each.folder / "out" / "ready").exists()


def test_a_flood_of_output_does_no_harm(backend: Backend, job: Maker, tmp_path: Path) -> None:
    code = "for _ in range(400): print('x' * 79999)\nraise SystemExit('enough')"
    outcome = failure(backend, job(tmp_path, code))
    assert outcome.why == "exit code 1: enough"
    assert outcome.log is not None
    kept = sum(file.stat().st_size for file in outcome.log.parent.glob("log*"))
    assert kept < 20 << 20


def test_a_result_folder_that_was_removed_is_a_failure(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, "")
    backend.start(each)
    ends(backend, each)
    shutil.rmtree(attempts(each.folder)[0].out)
    assert "gone" in failure(backend, each, is_begun=True).why


def test_the_executors_environment_is_passed_and_secrets_are_not(
    backend: Backend, job: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    code = "import json, os; json.dump(dict(os.environ), open('out/env', 'w'))"
    each = job(tmp_path, code, env={"COLOUR": "blue"})
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    seen = (each.folder / "out" / "env").read_text()
    assert '"COLOUR": "blue"' in seen
    assert "hush" not in seen
