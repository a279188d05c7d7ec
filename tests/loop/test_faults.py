"""Kills, stops, second runs and executors that fail: nothing half-recorded, nothing repeated."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.workspaces import Workspace, make

SLOW = {"executor": "blocks", "with": {"pause": 20}}
BEGUN = ".ymir/jobs/*/attempts/*/pids.json"  # an attempt killed before its program ran has none


def wait_for(workspace: Workspace, name: str, seconds: float = 30) -> None:
    """Until the run has begun a stage."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if any(e.get("stage") == name and e["event"] == "started" for e in workspace.events()):
                return
        except (FileNotFoundError, ValueError):  # not there yet, or a line half-written
            pass
        time.sleep(0.05)
    raise AssertionError(f"{name} did not begin")


def has_ended(run: subprocess.Popen[bytes], within: float) -> bool:
    """Whether the run is over within so many seconds."""
    try:
        run.wait(within)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_a_second_apply_is_refused_while_one_runs(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", train=SLOW)
    first = workspace.start("apply")
    wait_for(workspace, "pets/r1/train")
    second = workspace.ymir("apply")
    assert second.returncode == 5
    assert f"process {first.pid}" in second.stderr
    assert workspace.ymir("plan").returncode == 2, "looking is always allowed"
    first.send_signal(signal.SIGINT)
    assert first.wait(30) == 2


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_clean_and_the_next_run_goes_on(tmp_path: Path, sign: signal.Signals) -> None:
    workspace = make(tmp_path / "pets", train=SLOW, goal={"map": 0.1, "rounds": 1})
    run = workspace.start("apply")
    wait_for(workspace, "pets/r1/train")
    run.send_signal(sign)
    assert run.wait(30) == 2, workspace.said
    assert "goes on from here" in workspace.said
    assert not processes_in(workspace)
    workspace.spec(goal={"map": 0.1, "rounds": 1})
    assert workspace.ymir("apply").returncode == 0


def test_a_killed_run_leaves_its_job_and_the_next_adopts_it(tmp_path: Path) -> None:
    brief = {"executor": "blocks", "with": {"pause": 6}}
    workspace = make(tmp_path / "pets", train=brief, goal={"map": 0.1, "rounds": 1})
    run = workspace.start("apply")
    wait_for(workspace, "pets/r1/train")
    time.sleep(1)
    run.kill()
    run.wait()
    assert processes_in(workspace)
    assert workspace.ymir("apply").returncode == 0
    job = next((workspace.root / ".ymir" / "jobs").glob("pets-r1-train-*"))
    assert [path.name for path in (job / "attempts").iterdir()] == ["1"]


def test_killed_at_any_moment_it_ends_as_an_undisturbed_run(tmp_path: Path) -> None:
    undisturbed = make(tmp_path / "calm" / "pets")
    assert undisturbed.ymir("apply").returncode == 0
    workspace = make(tmp_path / "wild" / "pets")
    chance = random.Random(7)
    kills = 0
    while kills < 12:
        run = workspace.start("apply")
        if has_ended(run, within=chance.uniform(0.4, 2.5)):
            assert run.returncode == 0
            break
        run.kill()
        run.wait()
        kills += 1
    finished = workspace.ymir("apply")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert digests_of_versions(workspace) == digests_of_versions(undisturbed)
    assert workspace.run("git", "status", "--porcelain") == ""
    assert workspace.run("dvc", "status").strip() == "Data and pipelines are up to date."
    begun = Counter(path.parents[2] for path in workspace.root.glob(BEGUN))
    assert set(begun.values()) == {1}, "no job was done twice"


def test_a_failing_executor_fails_in_one_line_once_until_asked_again(tmp_path: Path) -> None:
    failing = {"executor": "blocks", "with": {"fail": True}}
    workspace = make(tmp_path / "pets", train=failing, goal={"map": 0.1, "rounds": 1})
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "✗ pets/r1/train: " in applied.stdout
    assert "ValueError: asked to fail" in applied.stdout
    assert "log: " in applied.stdout
    again = workspace.ymir("apply")
    assert again.returncode == 1
    assert attempts_of(workspace) == 1
    workspace.ymir("apply", "--retry")
    assert attempts_of(workspace) == 2
    workspace.spec(goal={"map": 0.1, "rounds": 1})
    assert workspace.ymir("apply").returncode == 0


def test_a_lying_executor_is_a_failed_job(tmp_path: Path) -> None:
    lying = {"executor": "blocks", "with": {"lie": True}}
    workspace = make(tmp_path / "pets", train=lying, goal={"map": 0.1, "rounds": 1})
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "`gone.json` is missing" in applied.stdout
    assert not (workspace.root / "data" / "rounds" / "pets" / "1" / "model").exists()


def test_a_job_beyond_its_time_limit_is_ended(tmp_path: Path) -> None:
    workspace = make(tmp_path / "pets", train=SLOW, goal={"map": 0.1, "rounds": 1})
    spec = workspace.root / "specs" / "all.yaml"
    spec.write_text(
        spec.read_text().replace("name: blocks\n", "name: blocks\nresources: {timeout: 1s}\n")
    )
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert "took longer than its limit of 1s" in applied.stdout
    assert not processes_in(workspace)


def attempts_of(workspace: Workspace) -> int:
    jobs = list((workspace.root / ".ymir" / "jobs").glob("pets-r1-train-*"))
    return sum(len(list((job / "attempts").iterdir())) for job in jobs)


def digests_of_versions(workspace: Workspace) -> dict[str, str]:
    """What stands in every `.dvc` file, but for seconds and commits."""
    return {
        str(path.relative_to(workspace.root)): line
        for path in sorted(workspace.root.glob("data/**/*.dvc"))
        for line in path.read_text().splitlines()
        if line.startswith(("- md5:", "  md5:"))
    }


def processes_in(workspace: Workspace) -> list[int]:
    """Processes whose command line names the workspace: jobs and their shims."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if str(workspace.root / ".ymir") in (entry / "cmdline").read_text().replace(
                    "\0", " "
                ) or str(workspace.root / ".ymir") in str((entry / "cwd").readlink()):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found
