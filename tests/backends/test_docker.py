"""How jobs in containers begin, end, and are found again. Everything runs in real ones."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.backends.programs import FOREVER, IGNORE_TERM, failure, success, until, wait
from tests.backends.programs import container as job
from tests.containers.base import DOCKER, api, base, swept
from ymir.backends.docker import connect
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Done, Failed, Job, Running
from ymir.contracts.ticket import write_ticket
from ymir.engine.container import container_name
from ymir.engine.containers import Containers
from ymir.errors import EngineError, SpecError
from ymir.spec.executor import Resources

pytestmark = DOCKER


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Containers]:
    yield connect({})
    assert not swept(tmp_path)


def elsewhere(each: Job, then: str) -> "subprocess.Popen[bytes]":
    """Another ymir that starts the job."""
    code = (
        "import sys, time; from pathlib import Path; from ymir.backends.docker import connect\n"
        "from ymir.contracts.ticket import tickets\n"
        "job = next(tickets(Path(sys.argv[1])))\n"
        f"backend = connect({{}}); backend.start(job); {then}\n"
    )
    write_ticket(each)
    return subprocess.Popen([sys.executable, "-c", code, str(each.folder.parent)])


def begun(backend: Containers, each: Job) -> None:
    """Start a job whose program says so in `out/begun`."""
    backend.start(each)
    until(attempts(each.folder)[-1].out / "begun")


def test_a_deaf_job_is_ended_at_its_time_limit_by_whoever_looks(
    backend: Containers, tmp_path: Path
) -> None:
    code = IGNORE_TERM + FOREVER
    each = job(tmp_path, code, resources=Resources(timeout="2s"))
    backend.start(each)
    outcome = wait(connect({}), each)
    assert isinstance(outcome, Failed)
    assert outcome.why == "took longer than its limit of 2s"


@pytest.mark.parametrize(
    ("program", "mode", "why"),
    [
        ("#!/bin/not-here\n", 0o755, "or what its first line names, is not in the image"),
        ("#!/bin/sh\n", 0o644, "may not be executed in the image"),
    ],
)
def test_a_program_that_cannot_be_begun_is_said_so(
    backend: Containers, tmp_path: Path, program: str, mode: int, why: str
) -> None:
    each = replace(job(tmp_path, ""), command=("/in/run.sh",))
    (each.folder / "in" / "run.sh").write_text(program)
    (each.folder / "in" / "run.sh").chmod(mode)
    said = failure(backend, each)
    assert said.startswith("cannot be started: `/in/run.sh`")
    assert why in said


def test_a_shell_that_misses_a_program_is_quoted(backend: Containers, tmp_path: Path) -> None:
    each = replace(job(tmp_path, ""), command=("sh", "-c", "yolo --train"))
    assert failure(backend, each) == "exit code 127: sh: 1: yolo: not found"


def test_a_killed_program_is_named_by_its_signal(backend: Containers, tmp_path: Path) -> None:
    each = job(tmp_path, "import os; os.kill(os.getpid(), 11)")
    assert failure(backend, each).startswith("killed by SIGSEGV")


def test_a_missing_image_is_an_error_that_says_how_to_get_it(
    backend: Containers, tmp_path: Path
) -> None:
    each = job(tmp_path, "", image="ymir-test/never-made:1")
    with pytest.raises(EngineError, match="there is no image `ymir-test/never-made:1`") as caught:
        backend.start(each)
    assert caught.value.hint == "run `docker pull ymir-test/never-made:1`"
    success(backend, job(tmp_path, ""))
    assert len(attempts(each.folder)) == 2


def test_a_job_without_an_image_is_for_another_backend(backend: Containers, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="runs images only"):
        backend.start(job(tmp_path, "", image=None))


def test_a_container_that_somebody_removed_is_followed_by_one_more(
    backend: Containers, tmp_path: Path
) -> None:
    code = "open('out/begun', 'w').write('1')\nimport time; time.sleep(60)"
    each = job(tmp_path, code)
    begun(backend, each)
    api().api.remove_container(container_name(each), force=True)
    job(tmp_path, "")
    assert isinstance(wait(backend, each), Done)
    assert len(attempts(each.folder)) == 2


def test_a_job_whose_container_is_removed_twice_has_failed_until_it_is_started_again(
    backend: Containers, tmp_path: Path
) -> None:
    each = job(tmp_path, FOREVER)
    backend.start(each)
    for number in (1, 2):
        assert len(attempts(each.folder)) == number
        api().api.remove_container(container_name(each), force=True)
        outcome = backend.poll(each)
    assert isinstance(outcome, Failed)
    assert "vanished twice" in outcome.why
    assert backend.poll(each) == outcome
    backend.start(each)
    assert isinstance(backend.poll(each), Running)
    backend.stop(each)
    assert len(attempts(each.folder)) == 3


def test_a_job_outlives_the_ymir_that_started_it(backend: Containers, tmp_path: Path) -> None:
    each = job(tmp_path, "import time; time.sleep(3); open('out/x', 'w').close()")
    other = elsewhere(each, "print(flush=True); time.sleep(60)")
    deadline = time.monotonic() + 20
    while not backend.is_running(each) and time.monotonic() < deadline:
        time.sleep(0.01)
    other.kill()
    other.wait()
    first = api().api.inspect_container(container_name(each))["Id"]
    backend.start(each)
    assert isinstance(backend.poll(each), Running)
    assert api().api.inspect_container(container_name(each))["Id"] == first
    assert isinstance(wait(backend, each), Done)
    assert len(attempts(each.folder)) == 1


def test_an_end_that_nobody_saw_is_found(backend: Containers, tmp_path: Path) -> None:
    each = job(tmp_path, "print('so far'); raise SystemExit(9)")
    assert elsewhere(each, "pass").wait() == 0
    outcome = wait(backend, each)
    assert outcome == Failed("exit code 9: so far", attempts(each.folder)[0].log)


def test_two_that_start_at_once_are_one_job(backend: Containers, tmp_path: Path) -> None:
    each = job(tmp_path, "import time; open('out/begun', 'a').write('.'); time.sleep(1)")
    others = [elsewhere(each, "pass") for _ in range(3)]
    for other in others:
        assert other.wait() == 0
    assert isinstance(wait(backend, each), Done)
    assert (each.folder / "out" / "begun").read_text() == "."
    assert [each.name for each in (each.folder / "attempts").iterdir()] == ["1"]


def test_a_container_that_was_made_and_never_started_is_made_again(
    backend: Containers, tmp_path: Path
) -> None:
    each = job(tmp_path, "open('out/x', 'w').close()")
    folder = each.folder / "attempts" / "1"
    (folder / "out").mkdir(parents=True)
    labels = {"ymir.folder": str(each.folder), "ymir.attempt": "1"}
    api().api.create_container(base(), "true", name=container_name(each), labels=labels)
    assert not backend.is_running(each)
    success(backend, each)
    assert len(attempts(each.folder)) == 2


def test_a_job_whose_folder_was_taken_away_begins_anew(backend: Containers, tmp_path: Path) -> None:
    each = job(tmp_path, "open('out/begun', 'w').write('1')\n" + FOREVER)
    begun(backend, each)
    (each.folder / "attempts").rename(tmp_path / "away")
    job(tmp_path, "open('out/x', 'w').close()")
    success(backend, each)


def test_what_a_job_prints_is_followed(backend: Containers, tmp_path: Path) -> None:
    code = "import time\nfor n in range(3): print(n, 'ü', flush=True); time.sleep(.1)\n"
    each = job(tmp_path, code)
    backend.start(each)
    assert "".join(backend.logs(each, follow=True)) == "0 ü\n1 ü\n2 ü\n"
    wait(backend, each)
    assert "".join(backend.logs(each, follow=False)) == "0 ü\n1 ü\n2 ü\n"


def test_what_ended_needs_no_engine(backend: Containers, tmp_path: Path) -> None:
    def none() -> None:
        raise EngineError("no engine here")

    each, bad = job(tmp_path / "1", ""), job(tmp_path / "2", "raise SystemExit(1)")
    success(backend, each)
    failure(backend, bad)
    without = Containers(none)  # type: ignore[arg-type]  # it never comes to be asked
    without.start(each)
    assert isinstance(without.poll(each), Done)
    assert isinstance(without.poll(bad), Failed)
    without.stop(each)
    assert not without.is_running(bad)


def test_an_interrupted_program_ends_with_its_own_word(backend: Containers, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('saved'))\n"
        "open('out/begun', 'w').write('1')\ntime.sleep(60)\n"
    )
    each = job(tmp_path, code)
    begun(backend, each)
    backend.stop(each)
    assert "saved" in attempts(each.folder)[0].log.read_text()
