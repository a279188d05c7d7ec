from dataclasses import replace
from pathlib import Path

import pytest

from ymir.contracts.attempt import Ending
from ymir.contracts.backend import Job
from ymir.engine.state import Asked, State, ending, last_stamped, read_state, seconds_left
from ymir.spec.executor import Resources

JOB = Job("mine-2", ("/run.sh",), Path("/w/mine-2"), image="yolo:7")
EXITED = State("exited", "1", 3, started=100.0, finished=102.5)


def exited(code: int, **more: bool) -> State:
    return State("exited", "1", code, started=100.0, finished=102.5, **more)


def test_what_the_engine_says_is_read() -> None:
    said = {
        "State": {
            "Status": "exited",
            "ExitCode": 3,
            "OOMKilled": False,
            "StartedAt": "2026-11-22T18:12:51.019291894Z",
            "FinishedAt": "2026-11-22T19:12:53.519291894+01:00",
        },
        "Config": {"Labels": {"ymir.attempt": "2"}},
    }
    found = read_state(said)
    assert (found.status, found.attempt, found.code) == ("exited", "2", 3)
    assert found.finished - found.started == pytest.approx(2.5)
    assert found.has_ended


def test_a_container_that_never_ran_neither_runs_nor_ended() -> None:
    never = "0001-01-01T00:00:00Z"
    state = {"Status": "created", "StartedAt": never, "FinishedAt": never}
    found = read_state({"State": state, "Config": {"Labels": None}})
    assert found == State("created")
    assert not found.is_live
    assert not found.has_ended


def test_the_exit_code_and_the_last_words_are_kept() -> None:
    assert ending(JOB, EXITED, None, "no gpu") == Ending("exit", 3, 2.5, "no gpu")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("OSError: [Errno 30] Read-only file system: '/app/cache'", "`run_as_root: true`"),
        ("mkdir: cannot create directory '/weights': Permission denied", "`run_as_root: true`"),
        ("OSError: [Errno 30] Read-only file system: '/in/config.yaml'", None),
        ("OSError: [Errno 101] Network is unreachable", "`network: true`"),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "`network: true`"),
        ("ValueError: no such backbone", None),
    ],
)
def test_a_program_that_ran_into_a_wall_is_told_what_opens_it(
    said: str, advice: str | None
) -> None:
    tail = ending(JOB, EXITED, None, f"begun\n{said}\n").tail
    assert tail.startswith(f"begun\n{said}")
    assert ("(does the" in tail) == (advice is not None)
    assert (advice or "") in tail
    free = replace(JOB, run_as_root=True, network=True)
    assert ending(free, EXITED, None, said).tail == said


@pytest.mark.parametrize(("code", "signal"), [(137, -9), (143, -15), (139, -11), (255, 255)])
def test_codes_of_killed_programs_name_the_signal(code: int, signal: int) -> None:
    assert ending(JOB, exited(code), None, "").code == signal


def test_out_of_memory_is_said_with_the_limit() -> None:
    limited = Job("j", (), Path("/j"), image="i", resources=Resources(memory="512m"))
    why = "ran out of memory: it may use `memory: 512m`"
    assert ending(limited, exited(137, is_oom=True), None, "x").tail == why
    assert "this machine ran out of memory" in ending(JOB, exited(1, is_oom=True), None, "").tail


def test_a_child_that_ran_out_of_memory_spoils_no_good_end() -> None:
    assert ending(JOB, exited(0, is_oom=True), None, "") == Ending("exit", 0, 2.5, "")


def test_what_ymir_asked_for_is_how_it_ended() -> None:
    assert ending(JOB, exited(0), Asked(1.0, "timeout"), "x") == Ending("timeout", 0, 2.5, "x")
    full = Asked(1.0, "ended", "wrote too much")
    assert ending(JOB, exited(143), full, "x") == Ending("ended", -15, 2.5, "wrote too much")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("No such file or directory", "or what its first line names, is not in the image `yolo:7`"),
        ("Permission denied", "may not be executed in the image `yolo:7`: `chmod 755` it"),
        ("Exec format error", "is for another kind of processor, or has no `#!` line"),
        ("Text file busy", "Text file busy"),
    ],
)
def test_a_program_that_cannot_be_begun_is_told_from_one_that_fails(said: str, why: str) -> None:
    docker = ending(JOB, exited(127), None, f"[FATAL tini (7)] exec /run.sh failed: {said}\n")
    podman = ending(JOB, exited(1), None, f"ERROR (catatonit:6): failed to exec pid1: {said}\n")
    assert docker.how == podman.how == "unstartable"
    assert docker.tail.startswith("`/run.sh`")
    assert docker.tail.endswith(why)
    assert podman.tail.endswith(why)


def test_codes_of_shells_are_put_in_words_when_nothing_else_is_said() -> None:
    assert ending(JOB, exited(127), None, "sh: yolo: not found").tail == "sh: yolo: not found"
    assert ending(JOB, exited(127), None, "").tail == "a program that it wants is not in the image"
    assert ending(JOB, exited(126), None, "").tail == "a program in the image may not be executed"


def test_only_an_end_that_looks_like_the_engines_is_taken_for_it() -> None:
    assert exited(137).is_cut_off(101.0)
    assert not exited(137).is_cut_off(99.0)
    assert not exited(1).is_cut_off(101.0)


def test_time_is_counted_from_the_containers_start() -> None:
    limited = Job("j", (), Path("/j"), image="i", resources=Resources(timeout="10s"))
    assert seconds_left(limited, EXITED, 104.0) == 6.0


def test_the_last_line_with_words_is_found_with_its_time() -> None:
    text = "2026-11-22T18:00:00.5Z first\n2026-11-22T18:00:01.5Z second\n2026-11-22T18:00:02Z \n"
    said, at = last_stamped(text)
    assert said == "second"
    assert at == last_stamped("2026-11-22T18:00:01.5Z x")[1]
    assert last_stamped("") == ("", 0.0)
    glued = "2026-11-22T18:00:01Z enough2026-11-22T18:00:01Z "
    assert last_stamped(glued)[0] == last_stamped(glued.strip())[0] == "enough"
