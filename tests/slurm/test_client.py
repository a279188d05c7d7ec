"""Slurm's complaints are told apart, and its commands see nothing that they need not."""

import os
import stat
from pathlib import Path

import pytest

from ymir.errors import EngineError
from ymir.slurm import client
from ymir.slurm.client import SlurmAwayError, SlurmRefusedError, ask, environment

AWAY = (
    "squeue: error: slurm_load_jobs error: Unable to contact slurm controller (connect failure)",
    "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
    "sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received",
    "sbatch: error: Batch job submission failed: Protocol authentication error",
    "sbatch: error: If munged is up, restart with --num-threads=10\n"
    "sbatch: error: Munge encode failed: Failed to access socket: No such file or directory",
    "scancel: error: Kill job error on job id 1: Unable to contact slurm controller",
)
REFUSED = (
    "sbatch: error: Batch job submission failed: Requested node configuration is not available",
    "sbatch: error: invalid partition specified: nope",
    "sbatch: error: Batch job submission failed: Invalid account or account/partition combination",
)


def saying(folder: Path, text: str, code: int = 1) -> str:
    program = folder / "sbatch"
    program.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{text}\nEND\nexit {code}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.fixture(autouse=True)
def _without_slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_CONF", raising=False)


@pytest.mark.parametrize("said", AWAY)
def test_a_controller_that_does_not_answer_may_answer_later(said: str, tmp_path: Path) -> None:
    with pytest.raises(SlurmAwayError):
        ask([saying(tmp_path, said)])


@pytest.mark.parametrize("said", REFUSED)
def test_a_refusal_is_one_in_slurms_own_words(said: str, tmp_path: Path) -> None:
    with pytest.raises(SlurmRefusedError) as refused:
        ask([saying(tmp_path, said)])
    assert str(refused.value) in said
    assert "sbatch:" not in str(refused.value)


def test_a_command_that_hangs_is_given_up(tmp_path: Path) -> None:
    program = saying(tmp_path, "")
    Path(program).write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(SlurmAwayError, match="no answer"):
        ask([program], patience=0.2)


def test_without_its_commands_the_error_says_what_to_do() -> None:
    with pytest.raises(EngineError, match="`no-such-squeue` is not on this machine") as error:
        ask(["no-such-squeue"])
    assert error.value.hint is not None


def test_a_configuration_that_is_not_there_is_no_long_wait(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(tmp_path / "gone.conf"))
    with pytest.raises(EngineError, match=r"gone\.conf"):
        ask(["true"])


def test_no_token_and_nothing_of_a_job_around_us_reaches_the_jobs() -> None:
    outer = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "GITHUB_TOKEN": "hush",
        "SLURM_JOB_ID": "12",
        "SLURM_MEM_PER_NODE": "100",
        "SBATCH_EXPORT": "ALL",
        "SLURM_CONF": "/etc/slurm.conf",
        "SBATCH_ACCOUNT": "team",
        "CUDA_VISIBLE_DEVICES": "3",
        "TMPDIR": "/scratch/12",
    }
    assert environment(outer) == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "SLURM_CONF": "/etc/slurm.conf",
        "SBATCH_ACCOUNT": "team",
    }


def test_a_queue_that_does_not_answer_is_not_asked_at_once_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "squeue"
    program.write_text(f"#!/bin/sh\necho . >> {tmp_path}/asked\n>&2 echo timed out\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    queue = client.Queue()
    for _ in range(5):
        with pytest.raises(SlurmAwayError, match="timed out"):
            queue.look()
    assert (tmp_path / "asked").read_text() == ".\n"
