"""The watcher lives through 200 events in any order, and ends where a calm one would be.

`YMIR_SOAK=20` takes twenty seeds instead of one.
"""

import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.loop.test_faults import BEGUN, digests_of_versions, wait_for
from tests.watching.storm import Storm
from tests.workspaces import Workspace, unproven

SEEDS = range(int(os.environ.get("YMIR_SOAK", "1")))
EVENTS = 200
GOAL = {"map": 0.99, "rounds": 2}
TRAIN = {"executor": "blocks", "with": {"pause": 2}}
PATIENCE = 120


def made(folder: Path) -> Workspace:
    return unproven(folder, label={"use": "folder"}, goal=GOAL, train=TRAIN)


@pytest.mark.parametrize("seed", SEEDS)
def test_it_ends_where_a_calm_one_would_be(tmp_path: Path, seed: int) -> None:
    pets = made(tmp_path / "pets")
    storm = Storm(pets, seed)
    try:
        wait_for(pets, "pets/r1/train", 60)
        storm.kill_the_run()
        assert storm.hits == 1
        storm.rage(EVENTS, longest=0.25)
        assert storm.happened.total() == EVENTS
        storm.calm()
        until_it_is_over(storm)
        storm.watcher.send_signal(signal.SIGTERM)
        # 2: an `apply` still looked for work; 4: one had just said that the goal is not met.
        assert storm.watcher.wait(60) in (0, 2, 4), storm.said[-3000:]
    finally:
        storm.kill_the_watcher()
        storm.kill_the_run()
        storm.kill_the_job()
    assert storm.processes() == [], "nothing is left behind"
    recorded = versions(pets)
    again = pets.ymir("apply")
    assert again.returncode == 4, again.stdout + again.stderr + storm.said[-3000:]
    assert versions(pets) == recorded, "a fresh `apply` finds nothing to do"
    assert pets.run("git", "status", "--porcelain", "--", ".", ":!labels") == ""
    assert done_twice(pets) == [], "no job was done twice"


def until_it_is_over(storm: Storm) -> None:
    """People answer; who finds a job failed that was killed twice has it tried again."""
    until, has_answered, has_retried = time.monotonic() + PATIENCE, False, False
    while time.monotonic() < until:
        has_answered = has_answered or storm.answer_all()
        plan = storm.workspace.data("plan")
        if has_answered and plan.get("settled"):
            return
        failures = storm.root / ".ymir" / "failures.json"
        if not has_retried and failures.exists() and failures.read_text().strip() != "{}":
            has_retried = storm.workspace.ymir("apply", "--retry").returncode != 5
        assert storm.watcher.poll() is None, storm.said[-3000:]
        time.sleep(0.5)
    raise AssertionError(f"{storm.workspace.ymir('plan').stdout}\n{storm.said[-3000:]}")


def versions(workspace: Workspace) -> dict[str, str]:
    return digests_of_versions(workspace)


def done_twice(workspace: Workspace) -> list[str]:
    """Jobs with more than one attempt that ended well."""
    ended = Counter(
        path.parents[2].name
        for path in workspace.root.glob(BEGUN.replace("pids.json", "exit.json"))
        if '"code": 0' in path.read_text() and '"how": "exit"' in path.read_text()
    )
    return [job for job, count in ended.items() if count > 1]
