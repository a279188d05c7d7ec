"""`ymir jobs` shows, follows and stops what executors do, while another ymir waits for them."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.loop.test_faults import processes_in, wait_for
from tests.workspaces import ENVIRONMENT, EXECUTOR, YMIR, Workspace, unproven

STAGE = "pets/r1/train"
BRIEF = {"map": 0.1, "rounds": 1}
TALKING = f"""\
import runpy, sys
print("\\x1b[32mhello\\x1b[0m", flush=True)
sys.argv = [{str(EXECUTOR)!r}]
runpy.run_path({str(EXECUTOR)!r}, run_name="__main__")
print("goodbye")
"""


def talking(root: Path, pause: float) -> Workspace:
    """A workspace whose executor prints, and takes its time to train."""
    workspace = unproven(root, train={"executor": "blocks", "with": {"pause": pause}}, goal=BRIEF)
    (root / "talking.py").write_text(TALKING)
    spec = root / "specs" / "all.yaml"
    spec.write_text(spec.read_text().replace(str(EXECUTOR), "talking.py"))
    return workspace


def until(workspace: Workspace, is_so: Callable[[list[dict]], bool], seconds: float = 60) -> list:
    """The jobs, as soon as they are so."""
    deadline = time.monotonic() + seconds
    while not is_so(jobs := workspace.data("jobs")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert is_so(jobs), jobs
    return jobs


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace in which `ymir apply` waits for a long training."""
    workspace = talking(tmp_path_factory.mktemp("waiting") / "pets", 600)
    run = workspace.start("apply")
    try:
        wait_for(workspace, STAGE)
        until(workspace, lambda jobs: bool(jobs) and jobs[0]["share"] is not None)
        yield workspace
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(30)


def test_a_running_job_is_listed_while_another_ymir_holds_the_workspace(waiting: Workspace) -> None:
    (job,) = waiting.data("jobs")
    assert (job["stage"], job["state"], job["attempt"]) == (STAGE, "running", 1)
    assert job["share"] == 0.0
    assert job["seconds"] > 0
    assert job["job"].startswith("pets-r1-train-")
    listed = waiting.ymir("jobs", "ls")
    assert listed.stdout.splitlines()[0].split()[:3] == ["job", "stage", "state"]
    assert f"{STAGE}  running 0%" in listed.stdout
    by_itself = waiting.ymir("jobs").stdout.splitlines()[0]
    assert by_itself.split() == listed.stdout.splitlines()[0].split()


def test_the_log_of_a_job_that_runs_is_read_by_its_stage(waiting: Workspace) -> None:
    assert waiting.ymir("jobs", "logs", STAGE).stdout == "hello\n"
    assert waiting.ymir("jobs", "logs", "pets-r1").stdout == "hello\n"


def test_ctrl_c_ends_the_following_and_not_the_job(waiting: Workspace) -> None:
    words = [*YMIR, "jobs", "logs", "-f", STAGE]
    with subprocess.Popen(
        words, cwd=waiting.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT
    ) as following:
        assert following.stdout is not None
        try:
            assert following.stdout.readline() == b"hello\n"
            following.send_signal(signal.SIGINT)
            _, said = following.communicate(timeout=30)
        finally:
            following.kill()
    assert b"goes on" in said
    assert waiting.data("jobs")[0]["state"] == "running"


def test_a_name_that_is_not_there_gets_the_nearest(waiting: Workspace) -> None:
    for command in ("logs", "stop"):
        asked = waiting.ymir("jobs", command, "pets/r1/trian")
        assert asked.returncode == 1
        assert f"did you mean `{STAGE}`?" in asked.stderr
    assert waiting.data("jobs")[0]["state"] == "running"


def test_a_job_is_followed_to_its_end(tmp_path: Path) -> None:
    workspace = talking(tmp_path / "pets", 4)
    run = workspace.start("apply")
    wait_for(workspace, STAGE)
    until(workspace, lambda jobs: bool(jobs) and jobs[0]["state"] == "running")
    followed = workspace.ymir("jobs", "logs", "-f", STAGE)
    assert followed.stdout == "hello\ngoodbye\n"
    assert ": done" in followed.stderr
    assert run.wait(60) == 0
    states = {job["stage"]: job["state"] for job in workspace.data("jobs")}
    assert set(states.values()) == {"done"}
    assert STAGE in states
    assert workspace.ymir("jobs", "logs", STAGE).stdout == "hello\ngoodbye\n", "it is kept"
    assert "does not run: done" in workspace.ymir("jobs", "stop", STAGE).stdout


def test_a_stopped_job_has_failed_until_somebody_asks_again(tmp_path: Path) -> None:
    workspace = talking(tmp_path / "pets", 4)
    run = workspace.start("apply")
    wait_for(workspace, STAGE)
    until(workspace, lambda jobs: bool(jobs) and jobs[0]["share"] is not None)
    stopped = workspace.ymir("jobs", "stop", STAGE)
    assert stopped.returncode == 0, stopped.stderr
    assert f": stopped; `ymir apply --retry` goes on with {STAGE}" in stopped.stdout
    assert run.wait(30) == 1
    assert f"✗ {STAGE}: was stopped" in workspace.said
    assert "`ymir apply --retry` tries it again" in workspace.said
    assert not processes_in(workspace)
    assert workspace.ymir("apply").returncode == 1, "nobody asked for it again"
    (job,) = workspace.data("jobs")
    assert (job["state"], job["attempt"], job["why"]) == ("stopped", 1, "was stopped")
    assert workspace.ymir("apply", "--retry").returncode == 0
    first = next(job for job in workspace.data("jobs") if job["stage"] == STAGE)
    assert (first["state"], first["attempt"]) == ("done", 2)


def test_a_job_whose_ymir_was_killed_is_listed_and_stopped(tmp_path: Path) -> None:
    workspace = talking(tmp_path / "pets", 600)
    run = workspace.start("apply")
    wait_for(workspace, STAGE)
    until(workspace, lambda jobs: bool(jobs) and jobs[0]["share"] is not None)
    run.kill()
    run.wait()
    assert workspace.data("jobs")[0]["state"] == "running"
    (workspace.root / "specs" / "all.yaml").write_text("half an edit: [")
    assert workspace.ymir("jobs", "stop", STAGE).returncode == 0
    assert not processes_in(workspace)
    assert workspace.data("jobs")[0]["state"] == "stopped"


def test_old_jobs_are_shown_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    for number in range(15):
        folder = tmp_path / ".ymir" / "jobs" / f"pets-r{number}-train-0123456789ab"
        (folder / "attempts" / "1").mkdir(parents=True)
        ticket = {"name": folder.name, "command": [sys.executable], "folder": str(folder)}
        (folder / "job.json").write_text(json.dumps(ticket))
        (folder / "attempts" / "1" / "exit.json").write_text(json.dumps({"how": "exit"}))
    workspace = Workspace(tmp_path)
    assert len(workspace.data("jobs")) == 12
    assert "3 older jobs: `ymir jobs --all` shows all" in workspace.ymir("jobs").stdout
    assert len(workspace.data("jobs", "--all")) == len(workspace.data("jobs", "ls", "--all")) == 15


def test_what_is_no_workspace_is_said_and_one_without_jobs_too(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    assert "is no workspace" in workspace.ymir("jobs").stderr
    (tmp_path / "specs").mkdir()
    assert workspace.ymir("jobs").stdout == "no job: `ymir apply` begins what is missing\n"
    assert workspace.data("jobs") == []
