"""The program that looks after an attempt on a node, without any Slurm."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest

from tests.backends.programs import FOREVER, IGNORE_TERM, until
from ymir.contracts.attempt import Attempt, Ending
from ymir.contracts.backend import Job
from ymir.engine.container import Try
from ymir.slurm import node
from ymir.slurm.attempts import lost_of
from ymir.slurm.containers import Berth, Engines
from ymir.slurm.order import order
from ymir.slurm.submission import Batch, Site, Task, script
from ymir.spec.executor import Resources

OLD = next(iter(sorted(Path("~/.pyenv/versions").expanduser().glob("3.6.*/bin/python"))), None)


def prepared(
    tmp_path: Path, code: str, more: Mapping[str, object] | None = None, **changes: object
) -> Attempt:
    attempt = Attempt(tmp_path / "job" / "attempts" / "1")
    attempt.out.mkdir(parents=True)
    job = Job("job", (sys.executable, "-c", code), tmp_path / "job", **changes)  # type: ignore[arg-type]
    berth, outer = Berth(Try(attempt.folder)), {"PATH": os.environ["PATH"]}
    asked = {**order(job, berth, outer, Engines(("podman",)), "python3"), **(more or {})}
    (attempt.folder / "run.json").write_text(json.dumps(asked))
    return attempt


def begin(
    attempt: Attempt, python: str = sys.executable, env: Mapping[str, str] = os.environ
) -> "subprocess.Popen[str]":
    task = Task(Job("job", (), Path("/")), PurePosixPath(attempt.folder))
    program = attempt.folder.parent / "script"
    text = script(Batch("b", (task,)), Site(), Path(node.__file__).read_text())
    program.write_text(text)
    return subprocess.Popen([python, "-IS", program], stderr=subprocess.PIPE, text=True, env=env)


def run(attempt: Attempt, python: str = sys.executable, **env: str) -> Ending:
    with begin(attempt, python, {**os.environ, **env}) as process:
        process.communicate(timeout=30)
    ending = attempt.ending
    assert ending is not None
    return ending


def test_what_a_program_printed_and_how_it_ended_is_written_down(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "print('hello'); raise SystemExit(3)")
    ending = run(attempt)
    assert (ending.how, ending.code, ending.tail) == ("exit", 3, "hello\n")
    assert attempt.log.read_text() == "hello\n"
    assert (attempt.folder / "alive").exists()


@pytest.mark.skipif(OLD is None, reason="needs a Python 3.6 of pyenv")
def test_a_node_may_have_an_old_python(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "open('out/x', 'w').close()")
    assert run(attempt, str(OLD)).how == "exit"
    assert (attempt.out / "x").exists()


def test_an_attempt_is_begun_only_once(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "open('out/x', 'a').write('.')")
    assert run(attempt).code == 0
    with begin(attempt) as second:
        assert "begun before" in second.communicate(timeout=30)[1]
    assert (attempt.out / "x").read_text() == "."


def test_a_program_is_asked_to_end_by_a_signal_or_by_a_file(tmp_path: Path) -> None:
    for number, is_by_signal in enumerate((True, False)):
        attempt = prepared(tmp_path / str(number), "open('out/x', 'w').write('1');" + FOREVER)
        with begin(attempt) as process:
            until(attempt.out / "x")
            if is_by_signal:
                process.send_signal(signal.SIGTERM)
            else:
                (attempt.folder / "patience.json").write_text('{"seconds": 20}')
            process.communicate(timeout=30)
        ending = attempt.ending
        assert ending is not None
        assert (ending.how, ending.code) == ("stopped", -signal.SIGTERM)


def test_a_program_that_died_of_the_signal_that_we_got_too_was_stopped(tmp_path: Path) -> None:
    code = "import os; open('out/x', 'w').write(str(os.getpid()));" + FOREVER
    attempt = prepared(tmp_path, code)
    with begin(attempt) as process:
        pid = int(until(attempt.out / "x"))
        os.kill(pid, signal.SIGTERM)  # Slurm signals every process of a job at once
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    ending = attempt.ending
    assert ending is not None
    assert ending.how == "stopped"


def test_an_attempt_that_was_stopped_before_it_began_runs_nothing(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "open('out/x', 'w').close()")
    (attempt.folder / "patience.json").write_text('{"seconds": 5}')
    assert run(attempt).how == "stopped"
    assert not (attempt.out / "x").exists()


def test_an_attempt_that_is_late_ends_itself(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "open('out/x', 'w').write('1');" + FOREVER)
    with begin(attempt) as process:
        until(attempt.out / "x")
        (tmp_path / "job" / "out").mkdir()  # another attempt was first
        process.communicate(timeout=30)
    ending = attempt.ending
    assert ending is not None
    assert ending.how == "stopped"


def test_a_deaf_program_and_its_children_are_ended_after_their_time(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        + IGNORE_TERM
        + f"child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\n"
        + "open('out/x', 'w').write(str(child.pid))\n"
        + FOREVER
    )
    attempt = prepared(tmp_path, code, resources=Resources(timeout="1s"))
    with begin(attempt) as process:
        pid = int(until(attempt.out / "x"))
        process.communicate(timeout=30)
    ending = attempt.ending
    assert ending is not None
    assert (ending.how, ending.code) == ("timeout", -signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(pid)


def test_what_slurm_says_on_the_node_is_seen_and_its_token_is_not(tmp_path: Path) -> None:
    code = "import json, os; json.dump(dict(os.environ), open('out/env', 'w'))"
    attempt = prepared(tmp_path, code, env={"COLOUR": "blue"}, resources=Resources(cpus=1.5))
    run(attempt, CUDA_VISIBLE_DEVICES="1", SLURM_JWT="hush", LURE="hush", SLURM_NTASKS="8")
    seen = json.loads((attempt.out / "env").read_text())
    assert seen["CUDA_VISIBLE_DEVICES"] == "1"
    assert seen["COLOUR"] == "blue"
    assert seen["OMP_NUM_THREADS"] == "2"
    assert not [name for name in seen if name.startswith("SLURM") or seen[name] == "hush"]


def test_what_writes_more_than_it_may_is_ended(tmp_path: Path) -> None:
    code = "open('out/x', 'wb').write(b'x' * (3 << 20));" + FOREVER
    attempt = prepared(tmp_path, code, resources=Resources(disk="1m"))
    ending = run(attempt)
    assert (ending.how, ending.tail) == ("ended", "wrote more to `out` than its limit `disk: 1m`")


def test_a_node_without_a_container_engine_says_so(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "", image="acme/detector:1")
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "python3").symlink_to(shutil.which("python3") or sys.executable)
    ending = run(attempt, PATH=str(bare))
    assert ending.how == "unstartable"
    assert ending.tail.startswith("there is no podman on ")


def fetching(code: str) -> Mapping[str, object]:
    return {"fetch": [sys.executable, "-c", code], "release": []}


def test_images_are_fetched_before_the_program_begins(tmp_path: Path) -> None:
    code = "open('out/x', 'w').write(open('out/fetched').read())"
    attempt = prepared(tmp_path, code, fetching("open('out/fetched', 'w').write('here')"))
    assert run(attempt).code == 0
    assert (attempt.out / "x").read_text() == "here"


def test_images_that_cannot_be_had_now_are_no_fault_of_the_job(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('ymir: the remote is away\\n'); sys.exit(75)"
    attempt = prepared(tmp_path, "open('out/x', 'w').close()", fetching(code))
    with begin(attempt) as process:
        process.communicate(timeout=30)
    assert attempt.ending is None
    assert lost_of(attempt) == "ymir: the remote is away"
    assert not (attempt.out / "x").exists()


def test_images_that_are_refused_are_a_failure(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "", fetching("raise SystemExit('ymir: image x is corrupt')"))
    ending = run(attempt)
    assert (ending.how, ending.tail) == ("ended", "ymir: image x is corrupt")


def test_what_is_stopped_while_images_come_was_stopped(tmp_path: Path) -> None:
    attempt = prepared(tmp_path, "", fetching("open('out/f', 'w').write('1');" + FOREVER))
    with begin(attempt) as process:
        until(attempt.out / "f")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    ending = attempt.ending
    assert ending is not None
    assert ending.how == "stopped"


def _lives(pid: int) -> bool:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return fields[0] != "Z"
