from dataclasses import replace
from pathlib import Path

import pytest

from tests.approval.test_saved import approval
from tests.approval.test_stale import SAME
from tests.dvc.real import run_git
from ymir.approval.progress import is_left_by, keep, stages_of, trailers

PLAN = approval()
TRAINED = replace(SAME, data={**SAME.data, "pets/r1/train": "55"})
JUDGED = replace(TRAINED, data={**TRAINED.data, "pets/r1/judge": "66"})


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Under the plan, a model was trained and committed."""
    run_git(tmp_path, "init", "--quiet")
    notes = {"Ymir-Project": "pets", "Ymir-Round": "1", "Ymir-Stage": "train"}
    record(tmp_path, {**notes, **trailers(PLAN.digest, TRAINED)})
    return tmp_path


def record(workspace: Path, notes: dict[str, str]) -> None:
    (workspace / "file").write_text(str(notes))
    run_git(workspace, "add", "file")
    text = "\n".join(f"{key}: {value}" for key, value in notes.items())
    run_git(workspace, "commit", "--quiet", "-m", f"What is now true\n\n{text}")


def test_a_plan_goes_on_from_what_it_was_made_for_and_from_each_state_that_it_left(
    workspace: Path,
) -> None:
    assert is_left_by(workspace, PLAN, SAME)
    assert is_left_by(workspace, PLAN, TRAINED)
    assert stages_of(workspace, PLAN.digest) == {"pets/r1/train"}


def test_it_does_not_go_on_from_any_other_state(workspace: Path) -> None:
    assert not is_left_by(workspace, PLAN, JUDGED)
    assert not is_left_by(workspace, PLAN, replace(SAME, data={"pets/r1/train": "55"}))


def test_the_states_of_other_plans_are_not_its_own(workspace: Path) -> None:
    other = approval(made="2026-11-24T00:00:00+00:00")
    assert is_left_by(workspace, other, SAME)
    assert not is_left_by(workspace, other, TRAINED)
    assert stages_of(workspace, other.digest) == set()


def test_without_commits_a_note_on_the_same_machine_tells(tmp_path: Path) -> None:
    assert not is_left_by(tmp_path, PLAN, TRAINED)
    keep(tmp_path, PLAN.digest, TRAINED.data)
    assert is_left_by(tmp_path, PLAN, TRAINED)
    assert not is_left_by(tmp_path, approval(ymir="2"), TRAINED)
    assert not is_left_by(tmp_path, PLAN, JUDGED)


def test_one_stage_that_a_killed_run_recorded_and_could_not_note_is_its_own(
    tmp_path: Path,
) -> None:
    keep(tmp_path, PLAN.digest, TRAINED.data)
    (tmp_path / ".ymir" / "jobs" / "pets-r1-judge-0123456789ab" / "made").mkdir(parents=True)
    assert is_left_by(tmp_path, PLAN, JUDGED)
    more = replace(JUDGED, data={**JUDGED.data, "pets/r1/package": "77"})
    assert not is_left_by(tmp_path, PLAN, more), "a second one is not"


def test_a_version_of_a_dataset_is_one_stage(tmp_path: Path) -> None:
    keep(tmp_path, PLAN.digest, SAME.data)
    (tmp_path / ".ymir" / "jobs" / "val-0123456789ab" / "made").mkdir(parents=True)
    recorded = replace(SAME, data={**SAME.data, "val": "88", "val@v1": "88"})
    assert is_left_by(tmp_path, PLAN, recorded)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"plan": 1, "data": 2}', '{"plan":'])
def test_a_torn_note_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / ".ymir").mkdir()
    (tmp_path / ".ymir" / "approved.json").write_text(text)
    assert not is_left_by(tmp_path, PLAN, TRAINED)
