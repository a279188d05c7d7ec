"""`ymir jobs` sees, follows and ends what runs on a cluster, whatever the specs say by now."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.backends.programs import until
from tests.slurm.cluster import SLURM, Cluster
from ymir.backends.slurm import connect
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Job
from ymir.contracts.ticket import write_ticket
from ymir.spec.executor import Resources

pytestmark = SLURM
CODE = "import time; print('hello', flush=True); open('out/x', 'w').write('1'); time.sleep(60)"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    return tmp_path


def begun(workspace: Path, name: str, resources: Resources | None = None) -> Job:
    folder = workspace / ".ymir" / "jobs" / name
    job = Job(name, (sys.executable, "-c", CODE), folder, resources=resources or Resources())
    write_ticket(job)
    connect({"width": 2}).start(job)
    return job


def said(workspace: Path, *words: str) -> str:
    command = [sys.executable, "-m", "ymir.cli.main", "jobs", *words, "-C", str(workspace)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_job_of_a_cluster_is_listed_followed_and_ended(slurm: Cluster, workspace: Path) -> None:
    job = begun(workspace, "helmet-r1-train-0123456789ab")
    until(attempts(job.folder)[0].out / "x", 20)
    (listed,) = json.loads(said(workspace, "ls", "--json"))
    assert listed["state"] == "running"
    assert "hello" in said(workspace, "logs", "helmet/r1/train")
    assert "stopped" in said(workspace, "stop", "helmet/r1/train")
    assert not slurm.command("squeue", "--noheader", "--states=RUNNING,PENDING").stdout


def test_a_job_that_slurm_lets_wait_says_why(slurm: Cluster, workspace: Path) -> None:
    uses = Resources(gpus=2)
    full = [begun(workspace, f"full-r1-train-00000000000{n}", uses) for n in range(3)]
    for job in full:
        until(attempts(job.folder)[0].out / "x", 20)
    late = begun(workspace, "late-r1-train-0123456789ab", uses)
    backend, deadline = connect({}), time.monotonic() + 20
    while "Slurm says" not in (listed := said(workspace, "ls")) and time.monotonic() < deadline:
        backend.poll(late)
        time.sleep(0.2)
    assert "late-r1-train-0123456789ab: it waits: Slurm says " in listed
    backend.stop(late, *full)
