"""Checks that need no workspace, and jobs that a killed run left behind."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.workspaces import Workspace, unproven
from ymir.checkup import finding, machine, people, runs, wanted
from ymir.contracts.backend import Job
from ymir.errors import StoreError
from ymir.jobs.standing import DONE, FAILED, LOST, RUNNING, UNKNOWN, Standing
from ymir.plan.batches import BatchState
from ymir.plan.plan import Plan
from ymir.plan.planner import Block
from ymir.plan.reason import Reason
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage
from ymir.spec.executor import ExecutorSpec

RECIPE = Recipe("train", {}, {})
JOB = f"pets-r1-train-{RECIPE.digest}"


def standing(folder: Path, state: str, why: str = "") -> Standing:
    job = Job(JOB, ("true",), folder / JOB)
    return Standing(job, JOB, "pets/r1/train", state, why)


@pytest.mark.parametrize(
    ("state", "is_wanted", "expected"),
    [
        (RUNNING, True, [("job-running", "ymir apply")]),
        (RUNNING, False, [("job-running", f"ymir jobs stop {JOB}")]),
        (DONE, True, [("job-waiting", "ymir apply")]),
        (LOST, True, [("job-waiting", "ymir apply")]),
        (UNKNOWN, True, [("job-unknown", f"ymir jobs logs {JOB}")]),
        (DONE, False, []),
        (FAILED, True, []),
    ],
)
def test_a_job_is_named_if_nobody_waits_for_it(tmp_path, state, is_wanted, expected) -> None:
    recipes = {RECIPE.digest} if is_wanted else set()
    found = runs.jobs(tmp_path, [standing(tmp_path, state, "why")], recipes)
    assert [(each.code, each.mend) for each in found] == expected


def test_what_failed_is_tried_again_and_a_gate_is_no_error() -> None:
    stage = Stage("pets/r1/train", "train")
    failed = Block(stage, "failed: no luck", reason=Reason("failed"))
    gate = Block(stage, "images leak", by_gate=True, reason=Reason("gate"))
    found = list(wanted.blocked(Plan((failed, gate))))
    assert [(each.severity, each.mend) for each in found] == [
        ("error", "ymir apply --retry"),
        ("warning", "ymir plan --explain pets/r1/train"),
    ]


def test_a_batch_that_is_late_or_silent_is_named(tmp_path) -> None:
    place = RoundOf("pets", 1)
    state = BatchState("pets-r1", place, "cvat", 6, "http://a/1", None, due=10.0, why="no answer")
    found = list(people.batch(tmp_path, state, 20.0))
    assert [each.code for each in found] == ["batch-silent", "batch-late"]
    assert not list(people.batch(tmp_path, replace(state, why=""), 5.0))


def test_an_executor_that_is_not_set_up_is_named_with_its_command(monkeypatch, tmp_path) -> None:
    """As where ymir is installed, and its executors live in the user's cache."""
    monkeypatch.setattr("ymir.jobs.environment.home_of", lambda name: tmp_path / name)
    spec = ExecutorSpec(apiVersion="ymir/v1", kind="Executor", name="mine", bundled="tinydet")
    (found,) = machine.environments([spec])
    assert (found.severity, found.mend) == ("error", "ymir executor setup tinydet")


def test_a_check_that_cannot_look_hinders_no_other() -> None:
    def broken() -> list[finding.Finding]:
        raise StoreError("it is torn", hint="bring it back: `git checkout -- it`, or mend it")

    fine = finding.Finding("data", "code", "warning", "here", "what", "ymir pull")
    checks = [("dvc", broken), ("git", broken), ("data", lambda: [fine])]
    found = list(finding.gathered(checks))
    assert [each.code for each in found] == [finding.UNLOOKED, "code"]
    assert found[0].mend == "git checkout -- it"


def test_a_job_that_a_killed_run_left_is_named_until_the_next_run_takes_it(tmp_path) -> None:
    it = unproven(tmp_path / "pets", goal={"map": 0.1, "rounds": 1})
    log = tmp_path / "effects.txt"
    twin = unproven(tmp_path / "twin", goal={"map": 0.1, "rounds": 1})
    assert twin.disturbed("apply", log=str(log)).returncode == 0
    begun = next(at for at, line in enumerate(log.read_text().splitlines(), 1) if "_shim" in line)
    assert it.disturbed("apply", at=begun + 4, do="kill").returncode == -9
    codes = {each["code"] for each in findings(it)}
    assert "killed" in codes
    assert codes & {"job-running", "job-waiting"}
    assert it.ymir("apply").returncode == 0
    assert findings(it) == []


def findings(workspace: Workspace) -> list[dict]:
    return json.loads(workspace.ymir("doctor", "--json").stdout)["findings"]
