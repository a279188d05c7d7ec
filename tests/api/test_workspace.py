"""What the commands do, from Python: the same plan, the same run, the same end, and silence."""

import os
import signal
import threading
from pathlib import Path

import pytest

from tests.watching.loops import run
from tests.workspaces import Workspace as Typed
from tests.workspaces import copied, edit, unproven
from ymir import Exit, Workspace
from ymir.api.outcome import Outcome
from ymir.errors import ConsentError, LockedError, SpecError, StoreError
from ymir.lock import locked


@pytest.fixture
def new(tmp_path: Path) -> Typed:
    """A workspace in which nothing was made."""
    return unproven(tmp_path / "new", goal={"map": 0.3, "rounds": 1})


def test_a_plan_is_what_the_command_shows(pets: Typed) -> None:
    edit(pets, '"rounds": 5', '"rounds": 6')
    plan = Workspace(pets.root).plan()
    said = pets.ymir("plan")
    assert str(plan) == said.stdout.rstrip("\n")
    assert plan.exit == said.returncode == Exit.PENDING
    assert not plan.is_empty
    steps = pets.data("plan")["steps"]
    assert [(s.stage, s.action) for s in plan.steps] == [(s["stage"], s["action"]) for s in steps]
    parked = next(each for each in plan.steps if each.action == "park")
    assert parked.stage == "pets/r1/label"
    assert "labels/pets-r1" in parked.why
    assert plan.frame().height == len(plan.steps)


def test_a_notebook_shows_a_plan_as_a_table_and_how_projects_stand(pets: Typed) -> None:
    shown = Workspace(pets.root).plan()._repr_html_()
    assert "<td" in shown
    assert "pets/r1/label" in shown
    assert "pets: goal not met" in shown


def test_a_part_of_a_plan_is_named(new: Typed) -> None:
    here = Workspace(new.root)
    assert [each.stage for each in here.plan(target="base").steps] == ["base"]
    assert {each.stage for each in here.plan(target=["base", "val"]).steps} == {"base", "val"}
    with pytest.raises(SpecError, match="bsae"):
        here.plan(target="bsae")


def test_apply_does_all_of_it_in_silence_and_the_second_does_nothing(new: Typed, capfd) -> None:
    here, lines = Workspace(new.root), list[str]()
    first = here.apply(progress=lines.append)
    assert first.exit in (Exit.DONE, Exit.GOAL_MISSED)
    assert first.recorded[:4] == ("base", "val", "test", "pool")
    assert first.recorded[-1] == "pets/report"
    assert first.stopped == {}
    assert any("✓ pets/r1/judge: mAP" in line for line in lines)
    assert "\n".join(first.log) == "\n".join(lines)
    assert str(first).startswith("pets\nround  images")
    assert "nothing to do" in first._repr_html_()
    assert here.plan().is_empty
    head = new.run("git", "rev-parse", "HEAD")
    second = here.apply()
    assert (second.exit, second.recorded, second.log) == (first.exit, (), ())
    assert new.run("git", "rev-parse", "HEAD") == head
    assert new.run("git", "status", "--porcelain") == ""
    assert capfd.readouterr() == ("", "")


def test_people_who_are_waited_for_are_a_value(pets: Typed) -> None:
    outcome = Workspace(pets.root).apply()
    assert outcome.exit is Exit.PARKED
    assert not outcome.is_done
    assert "labels/pets-r1" in outcome.stopped["pets/r1/label"]
    assert outcome.left.steps[0].action == "park"


def test_a_job_that_fails_is_a_value_and_is_tried_again_when_asked(new: Typed) -> None:
    here = Workspace(new.root)
    edit(new, '"executor": "blocks"', '"executor": "blocks", "with": {"fail": true}')
    failed = here.apply()
    assert failed.exit is Exit.FAILED
    assert "asked to fail" in failed.stopped["pets/r1/train"]
    assert here.apply().stopped == {}
    assert "asked to fail" in here.apply(retry=True).stopped["pets/r1/train"]


def test_a_workspace_that_another_run_holds_is_an_error(pets: Typed) -> None:
    with locked(pets.root), pytest.raises(LockedError) as caught:
        Workspace(pets.root).apply()
    assert caught.value.exit_code is Exit.LOCKED
    assert caught.value.__notes__ == [f"hint: {caught.value.hint}"]


def test_nothing_is_trained_anew_unless_that_is_allowed(done: Typed, tmp_path: Path) -> None:
    here = Workspace(copied(done, tmp_path / "pets").root)
    with pytest.raises(ConsentError, match="nobody has agreed"):
        here.apply(restart="pets")
    assert here.apply(restart="pets", allow=["retrain"], until="train").exit is Exit.PENDING
    with pytest.raises(SpecError, match="nothing to allow"):
        here.apply(allow=["retrian"])


def test_the_policy_of_a_commit_holds_for_python_too(pets: Typed, monkeypatch) -> None:
    monkeypatch.setenv("YMIR_POLICY_FROM", "no-such-commit")
    with pytest.raises(StoreError, match="has no commit `no-such-commit`"):
        Workspace(pets.root).plan()


def test_an_interrupt_ends_a_run_cleanly_and_the_next_goes_on(new: Typed) -> None:
    def interrupt(line: str) -> None:
        if "pets/r1/train …" in line:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    here = Workspace(new.root)
    stopped = here.apply(progress=interrupt)
    assert stopped.exit is Exit.PENDING
    assert "stopped cleanly" in str(stopped)
    assert signal.getsignal(signal.SIGINT) is before
    again = here.apply()  # a job that had just ended is recorded by the first
    assert [*stopped.recorded, *again.recorded].count("pets/r1/train") == 1


def test_threads_and_notebooks_with_a_running_loop_can_apply(new: Typed, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    thread = threading.Thread(
        target=lambda: outcomes.append(Workspace(new.root).apply(target=["base", "val"]))
    )
    thread.start()
    thread.join()
    assert outcomes[0].recorded == ("base", "val")

    async def cell() -> Outcome:
        return Workspace(new.root).apply()

    assert "pets/report" in run(cell()).recorded


def test_the_status_is_what_the_command_shows(done: Typed) -> None:
    status = Workspace(done.root).status()
    pets, said = status.projects["pets"], done.data("status")
    assert pets.goal_met
    assert pets.says == said["projects"][0]["says"]
    assert pets.map == said["rounds"]["pets"][-1]["map"]
    assert status.conditions.rows() == [
        tuple(each[name] or "" for name in status.conditions.columns) for each in said["conditions"]
    ]
    assert str(status).splitlines()[-1] == "nothing to do"
    assert "pets" in status._repr_html_()


def test_a_folder_that_is_no_workspace_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is not a workspace") as caught:
        Workspace(tmp_path)
    assert "ymir init" in str(caught.value.hint)


def test_a_workspace_stays_where_it_is_when_the_process_moves(pets: Typed, monkeypatch) -> None:
    monkeypatch.chdir(pets.root.parent)
    here = Workspace("pets")
    monkeypatch.chdir("/")
    assert here.root == pets.root
    assert here.plan().exit is Exit.PARKED


def test_what_is_edited_between_two_calls_is_seen(done: Typed, tmp_path: Path) -> None:
    typed = copied(done, tmp_path / "pets")
    here = Workspace(typed.root)
    assert here.plan().is_empty
    edit(typed, '"map": 0.5', '"map": 0.99')
    assert not here.plan().is_empty
