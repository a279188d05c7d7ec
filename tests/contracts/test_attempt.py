from pathlib import Path, PurePosixPath

import pytest
import yaml

from tests.jobs.examples import training
from ymir.contracts.attempt import (
    Attempt,
    Ending,
    attempts,
    commit,
    equip,
    last_line,
    relocated,
    verdict,
)
from ymir.contracts.backend import Done, Failed
from ymir.contracts.monitor import Progress
from ymir.jobs.folder import lay_out
from ymir.jobs.inputs import environment


def attempt(job: Path, number: int) -> Attempt:
    made = Attempt(job / "attempts" / str(number))
    made.folder.mkdir(parents=True)
    equip(made, job)
    return made


@pytest.mark.parametrize(
    ("ending", "progress", "outcome"),
    [
        (Ending("exit", 0, 2.5), None, Done(2.5)),
        (Ending("exit", 0, 2.5), Progress(0.3, 2), Done(2.5)),
        (Ending("exit", 0), Progress(1, 4), Failed("gave up: it printed nothing")),
        (Ending("exit", 0, tail="a\nb\n"), Progress(1, 4), Failed("gave up: b")),
        (
            Ending("exit", 1, tail="Traceback"),
            Progress(1, 4, 300102),
            Failed("exit code 1: no GPU (code 300102)"),
        ),
        (Ending("exit", 2, tail="a\nValueError: b"), None, Failed("exit code 2: ValueError: b")),
        (
            Ending("exit", -9, tail="epoch 3"),
            None,
            Failed("killed by SIGKILL, out of memory perhaps: epoch 3"),
        ),
        (Ending("exit", -11), None, Failed("killed by SIGSEGV: it printed nothing")),
        (Ending("timeout", -15), None, Failed("took longer than its limit of 1m")),
        (Ending("stopped", 0), Progress(0.9, 2), Failed("was stopped")),
        (Ending("stopped", -15), Progress(1, 2), Failed("was stopped")),
        (Ending("stopped", 0, 9.0), Progress(1, 2), Done(9.0)),
        (Ending("stopped", 0), Progress(1, 4), Failed("was stopped")),
        (Ending("unstartable", tail="no `x`"), None, Failed("cannot be started: no `x`")),
    ],
)
def test_exit_status_and_the_executors_word_are_believed_together(
    ending: Ending, progress: Progress | None, outcome: Done | Failed
) -> None:
    assert verdict(ending, progress, 60) == outcome


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("a\nb\n\n", "b"),
        ("\x1b[31mred\x1b[0m\n----\n", "red"),
        ("10%\r20%\r30%", "30%"),
        ("", ""),
        ("a\x00b\x07", "ab"),
    ],
)
def test_the_last_line_is_one_that_says_something(log: str, line: str) -> None:
    assert last_line(log) == line


def test_the_reason_is_short_whatever_was_printed() -> None:
    outcome = verdict(Ending("exit", 1, tail="x" * 5000), None, 60)
    assert isinstance(outcome, Failed)
    assert len(outcome.why) <= 300


def test_attempts_are_counted_by_number(tmp_path: Path) -> None:
    for number in (10, 9, 1):
        attempt(tmp_path, number)
    (tmp_path / "attempts" / ".half").mkdir()
    assert [each.number for each in attempts(tmp_path)] == [1, 9, 10]
    assert attempts(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"how": "exit", "more": 1}', "{}"])
def test_a_torn_record_of_the_end_is_none(tmp_path: Path, text: str) -> None:
    made = attempt(tmp_path, 1)
    (made.folder / "exit.json").write_text(text)
    assert made.ending is None


def test_an_empty_monitor_says_nothing(tmp_path: Path) -> None:
    assert attempt(tmp_path, 1).progress is None


def test_a_huge_monitor_is_not_read_whole(tmp_path: Path) -> None:
    made = attempt(tmp_path, 1)
    with (made.out / "monitor.txt").open("wb") as file:
        file.write(b"t\t1\t0.5\t2\n")
        file.truncate(1 << 33)
    assert made.progress == Progress(0.5, 2)


def test_env_names_the_attempts_own_folder() -> None:
    said = relocated(
        environment(training(Path("/nowhere")), PurePosixPath("/w")), PurePosixPath("/w/attempts/2")
    )
    assert said["input"]["config_file"] == "/w/attempts/2/config.yaml"
    assert said["input"]["training_index_file"] == "/w/in/train-index.tsv"
    assert set(said["output"].values()) == {
        "/w/attempts/2/out",
        "/w/attempts/2/out/models",
        "/w/attempts/2/out/tensorboard",
        "/w/attempts/2/out/models/result.yaml",
        "/w/attempts/2/out/result.tsv",
        "/w/attempts/2/out/infer-result.json",
        "/w/attempts/2/out/monitor.txt",
        "/w/attempts/2/out/ymir-executor-out.log",
    }


def test_an_attempt_inherits_the_newest_checkpoint_and_is_told_of_it(tmp_path: Path) -> None:
    job = tmp_path / "job"
    lay_out(training(tmp_path), job)
    first, second = attempt(job, 1), attempt(job, 2)
    for each, state in ((first, "old"), (second, "new")):
        (each.out / "checkpoint").mkdir(exist_ok=True)
        (each.out / "checkpoint" / "state").write_text(state)
    third, fourth = attempt(job, 3), attempt(job, 4)
    for each in (third, fourth):
        assert (each.out / "checkpoint" / "state").read_text() == "new"
        config = yaml.safe_load((each.folder / "config.yaml").read_text())
        assert config["resume_from"] == str(each.out / "checkpoint")
    assert "resume_from" not in yaml.safe_load((first.folder / "config.yaml").read_text())
    assert not list(third.out.glob(".*"))


def test_a_checkpoint_may_be_a_file(tmp_path: Path) -> None:
    (attempt(tmp_path, 1).out / "checkpoint.pt").write_text("x")
    assert (attempt(tmp_path, 2).out / "checkpoint.pt").read_text() == "x"


def test_the_first_commit_wins(tmp_path: Path) -> None:
    first, second = attempt(tmp_path, 1), attempt(tmp_path, 2)
    (first.out / "x").write_text("first")
    (second.out / "x").write_text("second")
    assert commit(first, tmp_path)
    assert commit(second, tmp_path)
    assert (tmp_path / "out" / "x").read_text() == "first"
    assert (second.out / "x").read_text() == "second"
