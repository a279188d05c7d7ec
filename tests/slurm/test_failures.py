"""What breaks on a real cluster costs no job its result, and gives none two of them.

Every attempt appends a line to a file as it begins, so that what ran twice is seen; a job ends when
its gate opens, so that what breaks breaks in its middle.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import NETWORKS, SLURM, Cluster, cluster
from ymir.backends.slurm import connect
from ymir.contracts.backend import Backend, Done, Failed, Job, Outcome, Running
from ymir.spec.executor import Resources

pytestmark = SLURM
PATIENCE = 90
PROGRAM = """\
import os, sys, time
ran, gate, name = sys.argv[1:]
with open(ran, "a") as file:
    file.write(f"{name} {os.getcwd().rsplit('/', 1)[1]} {open('begun.json').read()}\\n")
while not os.path.exists(gate):
    time.sleep(0.05)
with open("out/result", "a") as file:
    file.write(f"{name} by attempt {os.getcwd().rsplit('/', 1)[1]}\\n")
"""


class Bench:
    """Jobs of one test, and a ymir that looks after them."""

    def __init__(self, folder: Path, count: int, cpus: int = 1) -> None:
        self.folder = folder
        self.gate, self.ran = folder / "gate", folder / "ran"
        self.ran.touch()
        (folder / "program.py").write_text(PROGRAM)
        words = ("/usr/bin/python3", str(folder / "program.py"), str(self.ran), str(self.gate))
        uses = Resources(cpus=cpus, timeout="10m")
        self.jobs = [
            Job(name, (*words, name), folder / name, resources=uses)
            for name in (f"shard-{number}" for number in range(count))
        ]
        self.backend: Backend = connect({"partition": "gpu"})
        self.backend.start(*self.jobs)

    @property
    def begun(self) -> dict[str, int]:
        """How many attempts at each job have begun."""
        names = [line.split()[0] for line in self.ran.read_text().splitlines()]
        return {job.name: names.count(job.name) for job in self.jobs}

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Look after the jobs until that holds."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"{what}: {self.ran.read_text()}"
            self.look()
            time.sleep(0.1)

    def look(self) -> list[Outcome]:
        """How all jobs stand."""
        return [self.backend.poll(job) for job in self.jobs]

    def await_begin(self) -> None:
        """Until every job has begun."""
        self.until(lambda: all(self.begun.values()), "not all begin")

    def finish(self) -> None:
        """Let the jobs end; each of them has one result, of one attempt."""
        self.gate.touch()
        self.until(lambda: not any(isinstance(o, Running) for o in self.look()), "not all end")
        assert [type(outcome) for outcome in self.look()] == [Done] * len(self.jobs)
        for job in self.jobs:
            (said,) = (job.folder / "out" / "result").read_text().splitlines()
            assert said.startswith(f"{job.name} by attempt ")


@pytest.fixture(scope="module")
def lab() -> Iterator[Cluster]:
    """A cluster whose nodes are missed soon."""
    with cluster(3, lost_after=3) as made:
        yield made


def _on(lab: Cluster, node: int) -> list[int]:
    return [each for each, name in lab.job_processes().items() if name == f"n{node}"]


def _node_of(lab: Cluster) -> int:
    """A node that runs jobs."""
    return int(min(name for name in lab.job_processes().values() if name)[1:])


def _jobs_on(lab: Cluster, node: int) -> int:
    said = lab.command("squeue", "-h", "-r", "-t", "RUNNING", "-w", f"n{node}", "-o", "%i")
    return len(said.stdout.split())


def test_jobs_of_a_node_that_dies_run_again_elsewhere_and_no_other_does(
    lab: Cluster, tmp_path: Path
) -> None:
    bench = Bench(tmp_path, 6, cpus=2)
    bench.await_begin()
    lost = _jobs_on(lab, 2)
    assert lost
    lab.kill_node(2)
    bench.until(lambda: lab.state(2).startswith("down"), "the node is not missed")
    lab.revive(2)
    bench.until(lambda: sum(bench.begun.values()) == 6 + lost, "what was lost does not run again")
    bench.finish()
    assert sorted(bench.begun.values()) == [1] * (6 - lost) + [2] * lost


def test_another_ymir_adopts_what_runs_and_begins_nothing_again(
    lab: Cluster, tmp_path: Path
) -> None:
    bench = Bench(tmp_path, 4)
    bench.await_begin()
    bench.backend = connect({"partition": "gpu"})
    bench.backend.start(*bench.jobs)
    bench.finish()
    bench.backend = connect({"partition": "gpu"})
    bench.backend.start(*bench.jobs)
    bench.finish()
    assert bench.begun == dict.fromkeys(bench.begun, 1)


def test_what_a_frozen_node_ends_when_it_wakes_changes_no_result(
    lab: Cluster, tmp_path: Path
) -> None:
    bench = Bench(tmp_path, 1)
    bench.await_begin()
    node = _node_of(lab)
    frozen = [*_on(lab, node), int((lab.folder / f"n{node}.pid").read_text())]
    for process in frozen:
        os.kill(process, signal.SIGSTOP)
    try:
        bench.until(lambda: sum(bench.begun.values()) == 2, "it does not run again")
        bench.finish()
    finally:
        for process in frozen:
            os.kill(process, signal.SIGCONT)
    bench.until(lambda: lab.state(node) in {"idle", "mixed"}, "the node does not return")
    bench.until(lambda: not _on(lab, node), "the frozen attempt goes on for ever")
    bench.finish()
    assert "by attempt 2" in (bench.jobs[0].folder / "out" / "result").read_text()
    assert bench.begun == {"shard-0": 2}


def test_a_job_that_somebody_cancels_has_failed_and_the_others_go_on(
    lab: Cluster, tmp_path: Path
) -> None:
    bench = Bench(tmp_path, 3)
    bench.await_begin()
    said = lab.command("squeue", "-h", "-r", "-t", "RUNNING", "-o", "%i").stdout.split()
    lab.command("scancel", said[0])
    bench.until(lambda: any(isinstance(o, Failed) for o in bench.look()), "it goes on")
    (why,) = [outcome.why for outcome in bench.look() if isinstance(outcome, Failed)]
    assert why == "was cancelled in Slurm, and not by ymir"
    bench.backend.start(*bench.jobs)
    bench.until(lambda: sum(bench.begun.values()) == 4, "it does not begin again")
    bench.finish()
    assert sorted(bench.begun.values()) == [1, 1, 2]


def test_a_controller_that_is_away_for_a_while_is_waited_for(lab: Cluster, tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    bench = Bench(tmp_path / "before", 3)
    bench.await_begin()
    lab.stop_controller()
    late = Bench(tmp_path / "after", 2)
    assert all(isinstance(outcome, Running) for outcome in (*bench.look(), *late.look()))
    bench.gate.touch()
    lab.start_controller()
    late.await_begin()
    bench.finish()
    late.finish()
    assert bench.begun == dict.fromkeys(bench.begun, 1)
    assert late.begun == dict.fromkeys(late.begun, 1)


def test_jobs_that_make_room_for_another_begin_again(lab: Cluster, tmp_path: Path) -> None:
    bench = Bench(tmp_path, 3, cpus=4)
    bench.await_begin()
    running = lab.command("squeue", "-h", "-r", "-t", "RUNNING", "-o", "%i").stdout.split()
    said = lab.command("scontrol", "requeue", running[0])
    assert "disabled" in said.stderr, "Slurm itself begins no attempt twice"
    asked = ["sbatch", "--partition=urgent", "--cpus-per-task=4", "--output=/dev/null"]
    lab.command(*asked, "--wrap", "true")
    bench.until(lambda: sum(bench.begun.values()) == 4, "what was preempted does not run again")
    bench.finish()
    assert sorted(bench.begun.values()) == [1, 1, 2]


@NETWORKS
def test_what_ends_on_a_node_that_is_cut_off_counts_and_what_goes_on_there_is_given_up(
    tmp_path: Path,
) -> None:
    with cluster(2, networks=True, lost_after=3) as lab:
        for name in ("soon", "late"):
            (tmp_path / name).mkdir()
        soon, late = Bench(tmp_path / "soon", 2), Bench(tmp_path / "late", 2)
        soon.await_begin()
        late.await_begin()
        assert _jobs_on(lab, 1) == 4
        lab.isolate(1)
        soon.finish()
        assert soon.begun == {"shard-0": 1, "shard-1": 1}
        late.until(lambda: sum(late.begun.values()) == 4, "what was lost does not run again")
        late.until(lambda: not _on(lab, 1), "what was given up goes on")
        late.finish()
        lab.heal(1)
        late.finish()
        assert late.begun == {"shard-0": 2, "shard-1": 2}
