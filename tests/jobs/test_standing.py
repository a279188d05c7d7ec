"""How a job stands is read from its folder, whatever is left of it there."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

from ymir.backends.process import Processes
from ymir.contracts.backend import Job, Running
from ymir.contracts.ticket import FILE, write_ticket
from ymir.errors import EngineError, SpecError
from ymir.jobs.standing import Standing, find, lines, standings

DIGEST = "0123456789ab"


def begun(jobs: Path, name: str, code: str = "pass", image: str | None = None) -> Job:
    """A job with its ticket, not started."""
    job = Job(name, (sys.executable, "-c", code), jobs / name, image=image)
    write_ticket(job)
    return job


def ended(jobs: Path, name: str, code: str) -> Job:
    """A job that was run to its end."""
    job, backend = begun(jobs, name, code), Processes()
    backend.start(job)
    deadline = time.monotonic() + 30
    while isinstance(backend.poll(job), Running) and time.monotonic() < deadline:
        time.sleep(0.02)
    return job


def look(jobs: Path, failures: dict[str, str] | None = None) -> list[Standing]:
    return standings(jobs, Processes().is_running, failures or {}, time.time())


def test_a_job_is_known_by_its_stage_and_by_how_it_ended(tmp_path: Path) -> None:
    ended(tmp_path, f"pets-r1-train-{DIGEST}", "pass")
    ended(tmp_path, f"my-pets-r12-mine-{DIGEST}", "import sys; sys.exit('no GPU')")
    found = {each.stage: (each.state, each.why, each.attempt) for each in look(tmp_path)}
    assert found == {
        "pets/r1/train": ("done", "", 1),
        "my-pets/r12/mine": ("failed", "exit code 1: no GPU", 1),
    }


def test_a_job_that_was_never_started_waits(tmp_path: Path) -> None:
    begun(tmp_path, f"pets-r1-train-{DIGEST}")
    (one,) = look(tmp_path)
    assert (one.state, one.attempt, one.since, one.seconds) == ("waiting", 0, None, None)


def test_a_job_that_is_asked_for_again_waits_whatever_became_of_it(tmp_path: Path) -> None:
    job = ended(tmp_path, f"pets-r1-train-{DIGEST}", "import sys; sys.exit(3)")
    later = time.time() + 1
    os.utime(job.folder / FILE, (later, later))
    assert look(tmp_path)[0].state == "waiting"


def test_a_running_job_says_how_far_it_is_and_comes_first(tmp_path: Path) -> None:
    line = "job\t1\t0.25\t2\t0\t\n"
    code = f"import time; open('out/monitor.txt', 'w').write({line!r}); time.sleep(60)"
    ended(tmp_path, f"pets-r2-train-{DIGEST}", "pass")
    job, backend = begun(tmp_path, f"pets-r1-train-{DIGEST}", code), Processes()
    backend.start(job)
    try:
        deadline = time.monotonic() + 30
        while look(tmp_path)[0].share != 0.25 and time.monotonic() < deadline:
            time.sleep(0.02)
        first, second = look(tmp_path)
        assert (first.state, first.share, second.state) == ("running", 0.25, "done")
        assert first.seconds is not None
        assert first.since is not None
    finally:
        backend.stop(job)
    assert find(look(tmp_path), "pets/r1/train").state == "stopped"


def test_a_job_without_an_ending_that_nobody_works_on_is_lost(tmp_path: Path) -> None:
    job = begun(tmp_path, f"pets-r1-train-{DIGEST}")
    (job.folder / "attempts" / "1").mkdir(parents=True)
    (one,) = look(tmp_path)
    assert one.state == "lost"
    assert "vanished" in one.why


def test_a_container_that_nobody_looked_at_has_ended(tmp_path: Path) -> None:
    job = begun(tmp_path, f"pets-r1-train-{DIGEST}", image="a:1")
    (job.folder / "attempts" / "1").mkdir(parents=True)
    (one,) = look(tmp_path)
    assert (one.state, "`ymir apply`" in one.why) == ("ended", True)


def test_a_result_that_was_refused_has_failed_with_its_reason(tmp_path: Path) -> None:
    job = ended(tmp_path, f"pets-r1-train-{DIGEST}", "pass")
    (job.folder / "out").rename(job.folder / "rejected-1")
    (one,) = look(tmp_path, {DIGEST: "result.yaml: `map` is missing"})
    assert (one.state, one.why) == ("failed", "result.yaml: `map` is missing")
    assert look(tmp_path)[0].state == "done", "it was tried again, and is recorded"


def test_an_engine_that_does_not_answer_leaves_the_state_unknown(tmp_path: Path) -> None:
    def refuse(job: Job) -> bool:
        raise EngineError("no engine answers")

    job = begun(tmp_path, f"pets-r1-train-{DIGEST}", image="a:1")
    (job.folder / "attempts" / "1").mkdir(parents=True)
    (one,) = standings(tmp_path, refuse, {}, time.time())
    assert (one.state, one.why) == ("unknown", "no engine answers")


def test_looking_changes_nothing(tmp_path: Path) -> None:
    job = begun(tmp_path, f"pets-r1-train-{DIGEST}")
    (job.folder / "attempts" / "1").mkdir(parents=True)
    before = [(path, path.stat().st_mtime_ns) for path in sorted(tmp_path.rglob("*"))]
    look(tmp_path)
    assert before == [(path, path.stat().st_mtime_ns) for path in sorted(tmp_path.rglob("*"))]


def test_torn_tickets_and_those_of_another_place_are_passed_over(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs"
    begun(jobs, "whole")
    (jobs / "torn").mkdir()
    (jobs / "torn" / FILE).write_text('{"name": "to')
    moved = begun(tmp_path / "elsewhere", "moved")
    (jobs / "moved").mkdir()
    (jobs / "moved" / FILE).write_text((moved.folder / FILE).read_text())
    assert [each.name for each in look(jobs)] == ["whole"]
    assert json.loads((jobs / "whole" / FILE).read_text())["name"] == "whole"


def test_the_jobs_of_one_stage_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    stage = f"pets-r1-prove-{DIGEST}"
    for part in ("native", "onnx"):
        write_ticket(Job(part, ("x",), tmp_path / stage / part))
    assert {each.name for each in look(tmp_path)} == {f"{stage}/native", f"{stage}/onnx"}
    assert {each.stage for each in look(tmp_path)} == {"pets/r1/prove"}


def known(*jobs: tuple[str, str, float]) -> list[Standing]:
    """Jobs by name, state and age, in the order in which they are listed."""
    job = Job("x", (), Path("x"))
    return [
        Standing(job, name, "/".join(name.split("-")[:3]), state, since=since)
        for name, state, since in jobs
    ]


def test_a_job_is_found_by_its_name_its_stage_or_its_beginning() -> None:
    jobs = known(
        ("a-r1-train-1", "running", 3), ("a-r1-train-2", "done", 2), ("b-r1-mine-3", "done", 1)
    )
    assert find(jobs, "a-r1-train-2").state == "done"
    assert find(jobs, "a/r1/train").name == "a-r1-train-1", "the one that runs"
    assert find(jobs, "b").name == "b-r1-mine-3"
    assert find(jobs, "a-r1").name == "a-r1-train-1", "of those it could be, the one that runs"


def test_the_newest_job_of_a_stage_is_meant() -> None:
    jobs = known(("a-r1-train-1", "failed", 3), ("a-r1-train-2", "done", 2))
    assert find(jobs, "a/r1/train").name == "a-r1-train-1"


def test_a_name_that_is_not_there_gets_the_nearest() -> None:
    with pytest.raises(SpecError, match="no job is called `a/r1/trian`") as found:
        find(known(("a-r1-train-1", "done", 1)), "a/r1/trian")
    assert found.value.hint == "did you mean `a/r1/train`?"
    with pytest.raises(SpecError) as none:
        find([], "a")
    assert "`ymir apply`" in str(none.value.hint)


def test_a_beginning_that_several_share_is_asked_about() -> None:
    jobs = known(("a-r1-train-1", "done", 3), ("a-r2-train-2", "done", 2))
    with pytest.raises(SpecError) as found:
        find(jobs, "a-r")
    assert "a-r1-train-1, a-r2-train-2" in str(found.value.hint)


def test_what_was_printed_comes_in_whole_lines_however_it_was_cut() -> None:
    pieces = ["one\r", "\ntwo", "\x1b[31m red\x1b[0m\n 10%\r 20%\r", " 30%", "\n\nlast"]
    assert list(lines(iter(pieces))) == ["one", "two red", " 10%", " 20%", " 30%", "", "last"]


def test_a_line_without_an_end_does_not_fill_the_memory() -> None:
    said = list(lines(iter(["x" * 50_000] * 4)))
    assert max(map(len, said)) <= 150_000
    assert "".join(said) == "x" * 200_000
