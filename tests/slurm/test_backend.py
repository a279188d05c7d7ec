"""Jobs on a real cluster: how they are given, found again, refused and ended."""

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.backends.programs import FOREVER, process, until, wait
from tests.slurm.cluster import SLURM, Cluster
from ymir.backends import slurm as plugin
from ymir.backends.slurm import Tasks
from ymir.contracts.attempt import Attempt, Ending, attempts, record
from ymir.contracts.backend import Done, Failed, Job, Running
from ymir.errors import EngineError, SpecError
from ymir.slurm.attempts import mark_of, write_mark
from ymir.spec.executor import Resources

pytestmark = SLURM


@pytest.fixture(autouse=True)
def _cluster(slurm: Cluster) -> Iterator[None]:
    yield
    slurm.command("scancel", "--user=root")


@pytest.fixture
def backend() -> Tasks:
    return plugin.connect({})


def jobs(tmp_path: Path, count: int, code: str, **changes: object) -> list[Job]:
    made = []
    for number in range(count):
        (tmp_path / str(number)).mkdir()
        job = process(tmp_path / str(number), code, **changes)
        made.append(replace(job, name=f"shard-{number}"))
    return made


def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str = "") -> Path:
    """Slurm's commands, each of which is noted before it runs; `script` may change what it does."""
    folder, log = tmp_path / "commands", tmp_path / "asked"
    folder.mkdir()
    log.touch()
    for name in ("sbatch", "squeue", "scancel"):
        real = f"/usr/bin/{name}"
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\n{script}\nexec {real} "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return log


def asked(log: Path, name: str) -> list[str]:
    return [line for line in log.read_text().splitlines() if line.startswith(name)]


def test_jobs_of_equal_needs_are_one_array_and_one_look_sees_them_all(
    backend: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = commands(tmp_path, monkeypatch)
    many = jobs(tmp_path, 12, "open('out/x', 'a').write('.')")
    backend.start(*many)
    assert len(asked(log, "sbatch")) == 1
    began = time.monotonic()
    assert all(isinstance(wait(backend, each, 60), Done) for each in many)
    assert len(asked(log, "squeue")) <= time.monotonic() - began + 2
    assert {(each.folder / "out" / "x").read_text() for each in many} == {"."}


def test_jobs_of_other_needs_are_another_batch(
    backend: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = commands(tmp_path, monkeypatch)
    code = "import os; open('out/x', 'w').write(os.environ.get('CUDA_VISIBLE_DEVICES', 'none'))"
    plain, gpu = jobs(tmp_path, 2, code)
    gpu = replace(gpu, resources=Resources(gpus=2, cpus=2.0, memory="500m"))
    backend.start(plain, gpu)
    assert len(asked(log, "sbatch")) == 2
    assert isinstance(wait(backend, gpu), Done)
    assert isinstance(wait(backend, plain), Done)
    assert (gpu.folder / "out" / "x").read_text() == "0,1"
    assert (plain.folder / "out" / "x").read_text() == "none"


def test_nothing_is_submitted_twice_where_the_answer_was_lost(
    backend: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = (
        f"if [ {'$0'} = {tmp_path}/commands/sbatch ]; then\n"
        '  /usr/bin/sbatch "$@" > /dev/null\n'
        "  echo 'sbatch: error: Socket timed out on send/recv operation' >&2; exit 1\nfi"
    )
    log = commands(tmp_path, monkeypatch, lost)
    many = jobs(tmp_path, 3, "open('out/x', 'a').write('.')")
    backend.start(*many)
    another = plugin.connect({})  # a new ymir, which has to find them by their names
    another.start(*many)
    for each in many:
        assert isinstance(wait(another, each, 30), Done)
        assert isinstance(wait(backend, each, 30), Done)
        assert (each.folder / "out" / "x").read_text() == "."
        assert len(attempts(each.folder)) == 1
    assert len(asked(log, "sbatch")) == 1


def test_what_slurm_never_took_is_given_to_it_again(
    backend: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = (
        f"if [ $0 = {tmp_path}/commands/sbatch ] && [ ! -e {tmp_path}/back ]; then\n"
        "  echo 'sbatch: error: Unable to contact slurm controller' >&2; exit 1\nfi"
    )
    commands(tmp_path, monkeypatch, away)
    (each,) = jobs(tmp_path, 1, "open('out/x', 'a').write('.')")
    backend.start(each)
    assert backend.poll(each) == Running()
    (tmp_path / "back").touch()
    another = plugin.connect({})
    another.start(each)
    assert isinstance(wait(another, each, 40), Done)
    assert (each.folder / "out" / "x").read_text() == "."
    assert len(attempts(each.folder)) == 1


def test_a_controller_that_stays_away_is_an_error_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = "echo 'error: Unable to contact slurm controller' >&2; exit 1"
    commands(tmp_path, monkeypatch, away)
    backend = plugin.connect({"outage": "1s"})
    (each,) = jobs(tmp_path, 1, "")
    backend.start(each)
    with pytest.raises(EngineError, match=r"has not answered for 1s: .*contact slurm"):
        wait(backend, each)


def test_stopping_many_is_one_command_and_ends_nothing_else(
    backend: Tasks, slurm: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = jobs(tmp_path, 5, "open('out/x', 'w').write('1');" + FOREVER)
    many = [replace(each, resources=Resources(gpus=2)) for each in many]
    other = process(tmp_path, FOREVER)
    backend.start(*many, other)
    for each in many:  # three nodes: two wait
        until(attempts(each.folder)[0].out / "x", 2) if each in many[:3] else None
    log = commands(tmp_path, monkeypatch)
    backend.stop(*many)
    assert len(asked(log, "scancel")) == 2  # those that wait, and those that run
    for each in many:
        assert backend.poll(each) == Failed("was stopped", attempts(each.folder)[-1].log)
        assert not backend.is_running(each)
    assert isinstance(backend.poll(other), Running)
    assert not [line for line in _live(slurm) if "shard" in line]
    backend.stop(other)


def test_what_somebody_else_cancels_is_not_begun_again(
    backend: Tasks, slurm: Cluster, tmp_path: Path
) -> None:
    (each,) = jobs(tmp_path, 1, "open('out/x', 'w').write('1');" + FOREVER)
    backend.start(each)
    until(attempts(each.folder)[0].out / "x")
    slurm.command("scancel", "--user=root")
    outcome = wait(backend, each, 30)
    assert isinstance(outcome, Failed)
    assert outcome.why in ("was stopped", "was cancelled in Slurm, and not by ymir")
    assert len(attempts(each.folder)) == 1


def test_what_is_cancelled_before_it_began_has_failed(
    backend: Tasks, slurm: Cluster, tmp_path: Path
) -> None:
    full = jobs(tmp_path, 4, FOREVER, resources=Resources(gpus=2))
    backend.start(*full)
    waiting = next(each for each in full if not _begins(backend, each))
    said = attempts(waiting.folder)[0].folder / "waits.txt"
    assert until(said).startswith("Slurm ")
    mark = mark_of(attempts(waiting.folder)[0])
    assert mark is not None
    slurm.command("scancel", f"{mark.job}_{mark.task}")
    outcome = wait(backend, waiting, 30)
    assert outcome.why == "was cancelled in Slurm, and not by ymir"  # type: ignore[union-attr]
    backend.stop(*full)


def test_what_slurm_refuses_has_failed_in_its_words(tmp_path: Path) -> None:
    backend = plugin.connect({"options": ["--reservation=none-such"]})
    (each,) = jobs(tmp_path, 1, "")
    backend.start(each)
    outcome = backend.poll(each)
    assert isinstance(outcome, Failed)
    assert outcome.why.startswith("cannot be started: Slurm refused it: ")
    assert "eservation" in outcome.why


def test_what_no_node_can_give_is_known_before() -> None:
    assert plugin.lacks(Resources(gpus=2, cpus=4.0, memory="8000m"), {}) is None
    lack = plugin.lacks(Resources(gpus=3), {})
    assert lack == "no node of partition `gpu` has 3 GPUs: the most is 2"
    assert plugin.lacks(Resources(), {"partition": "nope"}) is not None


def test_a_program_that_takes_too_much_memory_is_told_so_and_not_begun_again(
    backend: Tasks, tmp_path: Path
) -> None:
    code = "import time; x = bytearray(400 << 20); time.sleep(60)"
    modest, (greedy,) = process(tmp_path, ""), jobs(tmp_path, 1, code)
    both = [replace(each, resources=Resources(memory="100m")) for each in (modest, greedy)]
    backend.start(*both)
    assert isinstance(wait(backend, both[0]), Done)
    outcome = wait(backend, both[1], 60)
    assert isinstance(outcome, Failed)
    assert outcome.why == "ran out of memory: it may use `memory: 100m`"
    assert len(attempts(greedy.folder)) == 1


def test_files_of_an_attempt_are_for_nobody_else_and_the_script_holds_no_secret(
    backend: Tasks, slurm: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "hush-1")
    (each,) = jobs(tmp_path, 1, "open('out/x', 'w').write('1');" + FOREVER, env={"KEY": "hush-2"})
    backend.start(each)
    attempt = attempts(each.folder)[0]
    until(attempt.out / "x")
    assert stat.S_IMODE(attempt.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((attempt.folder / "run.json").stat().st_mode) == 0o600
    assert "hush-1" not in (attempt.folder / "run.json").read_text()
    mark = mark_of(attempt)
    assert mark is not None
    kept = tmp_path / "script"
    slurm.command("scontrol", "write", "batch_script", mark.job, str(kept))
    assert "hush" not in kept.read_text()
    backend.stop(each)


def test_a_lost_attempt_that_ends_well_first_is_the_result(
    backend: Tasks, slurm: Cluster, tmp_path: Path
) -> None:
    (each,) = jobs(tmp_path, 1, "open('out/x', 'w').write('2');" + FOREVER)
    zombie = Attempt(each.folder / "attempts" / "1")
    zombie.out.mkdir(parents=True)
    backend.start(each)
    until(attempts(each.folder)[1].out / "x")
    (zombie.out / "x").write_text("1")
    record(zombie, Ending("exit", 0, 5.0))
    assert backend.poll(each) == Done(5.0)
    assert (each.folder / "out" / "x").read_text() == "1"
    assert not backend.is_running(each)
    assert backend.poll(each) != Running()
    assert not [line for line in _live(slurm) if "shard" in line]


def test_what_slurm_forgets_is_waited_for_as_long_as_it_lives(
    backend: Tasks, tmp_path: Path
) -> None:
    (each,) = jobs(tmp_path, 1, "import time; time.sleep(9); open('out/x', 'w').write('1')")
    backend.start(each)
    first = attempts(each.folder)[0]
    until(first.folder / "begun.json")
    mark = mark_of(first)
    assert mark is not None
    write_mark(first, replace(mark, batch="ymir-nobody-knows-it"))
    assert isinstance(wait(backend, each), Done)
    assert len(attempts(each.folder)) == 1


def test_a_folder_with_blanks_is_refused_before_anything_is_submitted(
    backend: Tasks, tmp_path: Path
) -> None:
    (tmp_path / "my work").mkdir()
    with pytest.raises(SpecError, match="blanks"):
        backend.start(process(tmp_path / "my work", ""))


def test_where_there_is_no_slurm_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert plugin.lacks(Resources(gpus=9), {}) is None
    assert not plugin.connect({}).is_running(process(tmp_path, ""))


def _begins(backend: Tasks, job: Job) -> bool:
    deadline = time.monotonic() + 3
    begun = attempts(job.folder)[0].folder / "begun.json"
    while not begun.exists() and time.monotonic() < deadline:
        backend.poll(job)
        time.sleep(0.05)
    return begun.exists()


def _live(slurm: Cluster) -> list[str]:
    said = slurm.command("squeue", "--noheader", "--format=%j %T").stdout
    return [line for line in str(said).splitlines() if "RUNNING" in line or "PENDING" in line]
