"""`ymir plan`: what it shows, where it writes that, and how it ends."""

import json
from pathlib import Path

import pytest

from tests.plan.worlds import Pure, catalogue
from tests.workspaces import Workspace, applied, copied, edit
from ymir.cli.showing import exit_code

FOLDER = {"use": "folder"}


@pytest.fixture(scope="module")
def parked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project whose first batch waits for people; the tests do not change it."""
    return applied(tmp_path_factory.mktemp("plan") / "pets", label=FOLDER)


@pytest.fixture
def own(parked: Workspace, tmp_path: Path) -> Workspace:
    """A copy to change."""
    return copied(parked, tmp_path / "pets")


def test_each_step_has_a_reason_a_category_and_a_cost(parked: Workspace) -> None:
    said = parked.data("plan")
    steps = {each["stage"]: each for each in said["steps"]}
    label, train = steps["pets/r1/label"], steps["pets/r2/train"]
    assert (label["action"], label["reason"]["code"]) == ("park", "waits-for-people")
    assert (label["cost"]["labels"], label["is_destructive"]) == (6, False)
    assert (train["action"], train["category"]) == ("wait", "forward")
    assert train["cost"]["images"] == 18
    assert train["cost"]["gpu_hours"] is None
    assert train["cost"]["hours"][0] >= 0
    assert (said["cost"]["labels"], said["cost"]["images"]) == (6, 54)


def test_the_full_plan_shows_what_is_up_to_date_and_what_steps_cost(parked: Workspace) -> None:
    short, full = parked.ymir("plan").stdout, parked.ymir("plan", "--full").stdout
    assert "pets/r1/train\n" not in short
    assert "  pets/r1/train\n" in full
    assert "[forward; 6 labels]" in full
    assert short.splitlines()[-1] == full.splitlines()[-1]
    assert short.splitlines()[-1].startswith("cost: ")


def test_json_goes_into_a_file_beside_the_text(parked: Workspace, tmp_path: Path) -> None:
    into = tmp_path / "new" / "plan.json"
    done = parked.ymir("plan", "--json-into", str(into))
    assert (done.returncode, done.stdout.startswith("‖ pets/r1/label")) == (3, True)
    written, printed = json.loads(into.read_text()), parked.data("plan")
    for said in (written, printed):
        del said["steps"][0]["why"]  # in the words of the moment: how long ago somebody looked
    assert written == printed
    assert [each.name for each in into.parent.iterdir()] == ["plan.json"]


def test_a_file_that_cannot_be_written_is_an_error(parked: Workspace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = parked.ymir("plan", "--json-into", str(tmp_path / "file" / "plan.json"))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 3), (("--detailed-exitcode",), 3), (("--no-detailed-exitcode",), 0)],
)
def test_the_exit_code_is_as_detailed_as_asked(
    parked: Workspace, options: tuple[str, ...], code: int
) -> None:
    assert parked.ymir("plan", *options).returncode == code


def test_a_gate_alone_ends_with_a_code_of_its_own() -> None:
    world = Pure(scores=lambda number: 0.6 - 0.1 * number)
    specs = catalogue(goal={"rounds": 3}, gates={"regression": "block"})
    assert exit_code(world.obey(specs)) == 4
    assert exit_code(Pure().plan(specs)) == 2


def test_a_target_is_planned_with_what_it_is_made_from(own: Workspace) -> None:
    assert [each["stage"] for each in own.data("plan", "--target", "base")["steps"]] == []
    training = own.data("plan", "--target", "pets/r2/training")
    assert [each["stage"] for each in training["steps"]] == ["pets/r1/label", "pets/r2/training"]
    assert own.ymir("plan", "--target", "base", "--target", "val").returncode == 0
    assert own.ymir("plan", "--target", "pets").returncode == 3


def test_an_unknown_target_gets_the_nearest_one(parked: Workspace) -> None:
    for command in ("plan", "apply"):
        done = parked.ymir(command, "--target", "pets/r2/trian")
        assert done.returncode == 1
        assert "did you mean `pets/r2/train`?" in done.stderr


def test_only_the_target_is_made(own: Workspace) -> None:
    edit(own, "classes: [cat, {name: dog, aliases: [hound]}]", "classes: [cat, dog]")
    before = {each["stage"] for each in own.data("plan")["steps"] if each["action"] == "run"}
    assert before == {"base", "val", "test", "pool"}
    done = own.ymir("apply", "--target", "val")
    assert done.returncode == 0, done.stdout + done.stderr
    after = {each["stage"] for each in own.data("plan")["steps"] if each["action"] == "run"}
    assert after == {"base", "test", "pool"}


def test_a_saved_plan_is_a_whole_one(parked: Workspace, tmp_path: Path) -> None:
    saved = str(tmp_path / "plan.json")
    done = parked.ymir("plan", "--target", "base", "-o", saved)
    assert done.returncode == 1
    assert "a saved plan is a whole plan" in done.stderr
    assert not Path(saved).exists()


def test_a_step_is_explained_in_full(own: Workspace) -> None:
    edit(own, "path: raw/test}", "path: raw/test}, then: [{op: sample, count: 20, seed: 1}]")
    said = own.ymir("plan", "--explain", "test")
    assert said.returncode == 0
    lines = said.stdout.splitlines()
    assert lines[:2] == [
        "+ test  (settings changed)",
        "  reason: settings-changed: the specs ask for it in another way",
    ]
    assert '    settings.then: [] → [{"count": 20, "op": "sample", "seed": 1}]' in lines
    assert "  category: re-judge: sealed models are scored again, without training" in lines
    predict = own.ymir("plan", "--explain", "pets/r1/predict").stdout
    assert "  reason: waits-for-inputs: it is decided once its inputs have been made" in predict
    assert "    pets/r1/train: " in predict
    assert "  train by blocks" in predict
    assert "    val: " in predict
    assert "  dataset v1, 6 images" in predict


def test_a_step_is_explained_to_programs_too(parked: Workspace) -> None:
    said = parked.data("plan", "--explain", "pets/r2/train")
    assert said["reason"]["means"] == "it is decided once its inputs have been made"
    assert said["settings"]["after"]["executor"] == "blocks"
    inputs = {each["name"]: each for each in said["inputs"]}
    assert inputs["pets/r2/training"]["after"] is None
    assert inputs["val"]["made"] == "dataset v1, 6 images"


def test_a_step_that_is_not_planned_is_no_step(parked: Workspace) -> None:
    near = parked.ymir("plan", "--explain", "pets/r1/trian")
    assert (near.returncode, "did you mean `pets/r1/train`?" in near.stderr) == (1, True)
    part = parked.ymir("plan", "--explain", "pets/r2")
    assert "it has `pets/r2/training`, `pets/r2/train`" in part.stderr


def test_what_is_suspended_is_shown_and_left(own: Workspace) -> None:
    edit(own, "goal:", "suspend: true\ngoal:")
    planned = own.ymir("plan")
    assert planned.returncode == 0
    assert "= pets/r1/label  (suspended: project pets)" in planned.stdout
    assert "= pets/r2: training, train, predict, judge, package" in planned.stdout
    said = own.data("plan")
    assert {each["action"] for each in said["steps"]} == {"suspend"}
    assert {each["reason"]["code"] for each in said["steps"]} == {"suspended"}
    assert (said["settled"], said["cost"]["says"]) == (True, "")
    assert own.ymir("apply").returncode == 0


def test_drift_is_looked_for_with_the_same_command(parked: Workspace) -> None:
    assert parked.ymir("plan", "--refresh-only").returncode == 0
