"""The cluster of the tests and of the example: real, and gone without a trace."""

import time
from collections.abc import Callable
from pathlib import Path

from tests.slurm.cluster import SLURM, Cluster, cluster

pytestmark = SLURM
PATIENCE = 60


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def _submit(slurm: Cluster, folder: Path, script: str, *options: str) -> str:
    program = folder / "script.sh"
    program.write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    said = slurm.command("sbatch", "--parsable", "-o", "/dev/null", *options, str(program))
    assert said.returncode == 0, said.stderr
    return str(said.stdout.strip())


def test_a_job_runs_on_a_node_that_has_what_it_asks_for(slurm: Cluster, tmp_path: Path) -> None:
    _submit(slurm, tmp_path, "echo $CUDA_VISIBLE_DEVICES >part; mv part gpus", "--gres=gpu:2")
    _until(lambda: (tmp_path / "gpus").exists(), "it never ran")
    assert (tmp_path / "gpus").read_text() == "0,1\n"


def test_what_no_node_has_is_refused(slurm: Cluster) -> None:
    said = slurm.command("sbatch", "--gres=gpu:3", "--wrap", "true")
    assert said.returncode != 0
    assert "Requested node configuration is not available" in said.stderr


def test_nothing_is_left_of_a_cluster_that_is_down(tmp_path: Path) -> None:
    with cluster(1) as made:
        _submit(made, tmp_path, "setsid sleep 1000 & touch begun; sleep 1000")
        _until(lambda: (tmp_path / "begun").exists(), "it never ran")
        jobs = made.job_processes()
        assert len(jobs) > 1
    assert not any(_runs(process) for process in jobs)
    assert not made.folder.exists()


def test_a_controller_comes_back_with_the_jobs_it_had(tmp_path: Path) -> None:
    with cluster(1) as made:
        job = _submit(made, tmp_path, "sleep 1000")
        _until(lambda: bool(made.job_processes()), "it never ran")
        made.stop_controller()
        assert not made.is_up()
        made.start_controller()
        assert "RUNNING" in made.command("squeue", "-h", "-j", job, "-o", "%T").stdout


def _runs(process: int) -> bool:
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False
