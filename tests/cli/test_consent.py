"""What `ymir apply` does only if somebody agrees: train anew, or give up a batch."""

import os
import pty
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.plan.worlds import Pure, catalogue
from tests.workspaces import ENVIRONMENT, YMIR, Workspace, applied, copied, edit
from ymir.cli.running.consent import Allowance, needed
from ymir.plan.plan import Plan


@pytest.fixture(scope="module")
def parked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project whose first batch waits for people; the tests do not change it."""
    root = tmp_path_factory.mktemp("consent") / "pets"
    return applied(root, label={"use": "folder"})


@pytest.fixture
def own(parked: Workspace, tmp_path: Path) -> Workspace:
    """A copy to change."""
    return copied(parked, tmp_path / "pets")


def asked(workspace: Workspace, answers: bytes, *words: str) -> tuple[int, str]:
    """What the command says on a terminal, at which somebody types these answers."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*YMIR, *words],
        cwd=workspace.root,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**ENVIRONMENT, "COLUMNS": "200"},
    )
    os.close(theirs)
    os.write(ours, answers)
    said = bytearray()
    while chunk := _read(ours):
        said += chunk
    os.close(ours)
    return process.wait(), said.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # nobody is at the other end any more
        return b""


def rounds(workspace: Workspace) -> list[int]:
    return [each["round"] for each in workspace.data("status")["rounds"]["pets"]]


def restarted(world: Pure) -> Plan:
    world.obey(catalogue(goal={"rounds": 1}))
    world.world["generations"] = {"p": 2}
    return world.plan(catalogue(goal={"rounds": 1}))


def test_nothing_needs_consent_that_only_goes_forward() -> None:
    world = Pure(scores=lambda number: 0.5)
    assert needed(world.plan(catalogue())) == set()
    world.obey(catalogue(goal={"rounds": 1}))
    assert needed(world.plan(catalogue(goal={"rounds": 2}))) == set()


def test_a_new_generation_needs_consent() -> None:
    assert needed(restarted(Pure(scores=lambda number: 0.5))) == {Allowance.RETRAIN}


def test_what_is_suspended_needs_none() -> None:
    world = Pure(scores=lambda number: 0.5)
    restarted(world)
    assert needed(world.plan(catalogue(goal={"rounds": 1}, suspend=True))) == set()


def test_a_removed_class_alone_trains_nothing_anew() -> None:
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}, labels=["cat", "dog"]))
    now = world.plan(catalogue(goal={"rounds": 2}, labels=["cat"]))
    assert (needed(now), now.outgrown) == (frozenset(), ("p",))
    assert replace(now, edits=()).outgrown == ()


def test_what_nobody_has_agreed_to_yet_is_not_settled() -> None:
    world = Pure(scores=lambda number: 0.5)
    world.obey(catalogue(goal={"rounds": 1}, labels=["cat", "dog"]))
    now = world.plan(catalogue(goal={"rounds": 1}, labels=["cat"]))
    assert (now.pending, now.is_settled) == ((), False)
    resting = world.plan(catalogue(goal={"rounds": 1}, labels=["cat"], suspend=True))
    assert resting.is_settled


def test_without_a_terminal_nothing_is_assumed_and_nothing_is_done(own: Workspace) -> None:
    before = own.run("git", "rev-parse", "HEAD")
    done = own.ymir("apply", "--restart", "pets")
    assert done.returncode == 1
    assert "nothing is done, for nobody has agreed to this:" in done.stderr
    assert (
        "+ pets/r2/training  (does not exist yet)  [gives up a batch that people have; retrain"
        in (done.stderr)
    )
    assert "`--allow retrain --allow destroy` agrees to it" in done.stderr
    assert (own.run("git", "rev-parse", "HEAD"), rounds(own)) == (before, [1])
    half = own.data("apply", "--restart", "pets", "--allow", "retrain")
    assert (half["exit"], "`--allow destroy`" in half["hint"]) == (1, True)
    assert rounds(own) == [1]


def test_whoever_is_at_the_terminal_is_asked_and_no_is_the_default(own: Workspace) -> None:
    code, said = asked(own, b"\n", "apply", "--restart", "pets")
    assert code == 2
    assert "+ pets/r2/training  (does not exist yet)" in said
    assert "cost: " in said
    assert "do this? [y/N]" in said
    assert rounds(own) == [1]


def test_a_removed_class_goes_on_in_a_new_generation_once_somebody_says_so(own: Workspace) -> None:
    edit(own, "labels: [cat, dog]", "labels: [cat]")
    edit(own, '"rounds": 5', '"rounds": 1')
    refused, said = asked(own, b"n\n", "apply")
    assert "begin a new generation of `pets`, and train it from the start? [y/N]" in said
    assert (refused, rounds(own)) == (4, [1]), said
    kept = own.ymir("apply", "--allow", "retrain")
    assert (kept.returncode, rounds(own)) == (4, [1]), "people have a batch of this generation"
    code, said = asked(own, b"y\ny\n", "apply")
    assert "gives up a batch that people have" in said
    assert (code, rounds(own)) == (4, [1, 2]), said
    again = own.ymir("apply")
    assert again.returncode == 4
    assert rounds(own) == [1, 2]


def test_a_protected_project_does_not_begin_anew(own: Workspace) -> None:
    edit(own, "goal:", "protect: true\ngoal:")
    for command in ("apply", "plan"):
        done = own.ymir(command, "--restart", "pets", "--allow", "retrain")
        assert done.returncode == 1
        assert "the project `pets` is protected" in done.stderr
        assert "`protect: true` stands at specs/all.yaml:23:1" in done.stderr
    edit(own, "labels: [cat, dog]", "labels: [cat]")
    code, said = asked(own, b"y\n", "apply")
    assert (code, "[y/N]" in said) == (1, False)
    assert rounds(own) == [1]


def test_a_plan_shows_a_new_generation_before_anybody_agrees(own: Workspace) -> None:
    planned = own.ymir("plan", "--restart", "pets")
    assert planned.stdout.splitlines()[0] == (
        "+ pets/r2/training  (does not exist yet)  [gives up a batch that people have; retrain]"
    )
    steps = own.data("plan", "--restart", "pets")["steps"]
    training = next(each for each in steps if each["stage"] == "pets/r2/training")
    assert (training["category"], training["is_destructive"]) == ("retrain", True)


def test_a_saved_plan_is_consent_to_what_it_lists(own: Workspace, tmp_path: Path) -> None:
    edit(own, '"rounds": 5', '"rounds": 1')
    saved = str(tmp_path / "plan.json")
    own.ymir("plan", "--restart", "pets", "-o", saved)
    done = own.ymir("apply", saved)
    assert done.returncode == 4, done.stdout + done.stderr
    assert rounds(own) == [1, 2]
