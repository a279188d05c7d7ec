"""`ymir labels` shows what people have, takes in what they did, and calls batches off."""

import shutil
from pathlib import Path

import pytest

from tests.loop.test_people import annotate
from tests.workspaces import Workspace, applied, unproven

OPEN = {"batch": "pets-r1", "project": "pets", "round": 1, "tool": "folder", "state": "open"}
GOAL = {"map": 0.99, "rounds": 3}


@pytest.fixture
def pets(tmp_path: Path) -> Workspace:
    """A workspace whose first batch waits for people."""
    label = {"use": "folder", "deadline": "30d"}
    return applied(tmp_path / "pets", label=label, goal=GOAL)


def images(workspace: Workspace, batch: str = "pets-r1") -> list[Path]:
    return sorted((workspace.root / "labels" / batch / "images").iterdir())


def answer(workspace: Workspace, count: int = 6) -> list[Path]:
    """Label the first images of the batch; the files with the answers."""
    into = workspace.root / "labels" / "pets-r1" / "annotations"
    for image in images(workspace)[:count]:
        annotate(image, into)
    return [into / f"{image.stem}.xml" for image in images(workspace)]


def listed(workspace: Workspace, *words: str) -> dict:
    """The only batch of `ymir labels ls`."""
    (row,) = workspace.data("labels", "ls", *words)
    return row


def subjects(workspace: Workspace) -> list[str]:
    return workspace.run("git", "log", "--format=%s").splitlines()


def test_an_open_batch_is_listed_with_its_balance_and_its_deadline(pets: Workspace) -> None:
    answer(pets, 4)
    row = listed(pets)
    assert row == {**row, **OPEN, "where": "labels/pets-r1", "late": False, "done": False}
    assert row["balance"]["sent"] == 6 == row["balance"]["labelled"] + row["balance"]["outstanding"]
    assert row["balance"]["labelled"] == 4
    assert row["sent_at"] < row["due"]
    told = pets.ymir("labels")
    assert told.returncode == 0
    assert "6 sent = 4 labelled + 2 outstanding" in told.stdout
    assert told.stdout.splitlines()[0].split()[:3] == ["batch", "tool", "state"]
    assert pets.ymir("labels", "ls").stdout.splitlines()[1] == told.stdout.splitlines()[1]


def test_offline_the_last_look_is_shown_and_no_tool_is_asked(pets: Workspace) -> None:
    answer(pets, 4)
    assert listed(pets)["balance"]["labelled"] == 4
    answer(pets, 5)
    assert listed(pets, "--offline")["balance"]["labelled"] == 4
    shutil.rmtree(pets.root / ".ymir" / "labels")
    assert listed(pets, "--offline")["balance"] is None
    assert listed(pets, "--open")["balance"]["labelled"] == 5


def test_looking_records_nothing(pets: Workspace) -> None:
    before = subjects(pets), pets.run("git", "status", "--porcelain")
    answer(pets)
    for words in ((), ("ls",), ("show", "pets-r1"), ("ls", "--offline")):
        assert pets.ymir("labels", *words).returncode == 0
    assert (subjects(pets), pets.run("git", "status", "--porcelain")) == before


def test_a_batch_that_is_not_done_is_not_pulled(pets: Workspace) -> None:
    answer(pets, 5)
    for words in (("pull",), ("pull", "pets-r1")):
        pulled = pets.ymir("labels", *words)
        assert pulled.returncode == 3
        assert "5 labelled + 1 outstanding" in pulled.stdout
    assert listed(pets)["state"] == "open"


def test_a_batch_that_is_done_is_pulled_and_nothing_is_trained(pets: Workspace) -> None:
    answer(pets)
    assert listed(pets)["done"]
    pulled = pets.ymir("labels", "pull", "pets/r1")
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    assert "pets trains with it from round 2 on" in pulled.stdout
    assert listed(pets)["state"] == "back"
    assert "pets round 1: 6 images" in subjects(pets)[1]
    assert pets.run("git", "status", "--porcelain") == "?? labels/\n"
    assert not any(subject.startswith("pets round 2") for subject in subjects(pets))
    again = pets.ymir("labels", "pull", "pets-r1")
    assert (again.returncode, "no answer changed" in again.stdout) == (0, True)


def test_edits_after_the_return_are_seen_and_pulled_as_a_new_version(pets: Workspace) -> None:
    answers = answer(pets)
    assert pets.ymir("labels", "pull").returncode == 0
    answers[0].write_text(answers[0].read_text().replace("cat", "dog").replace("Hound", "dog"))
    answers[1].write_text("<annotation/>")
    assert listed(pets)["changed"] == 2
    assert "2 answers of pets-r1 changed" in pets.ymir("labels").stdout
    told = pets.data("labels", "show", "pets-r1")
    one, other = told["changes"]
    assert list(one["boxes"]) == ["relabelled"]
    assert list(other["boxes"]) == ["removed"]
    assert (one["was"], one["now"]) == ("labelled", "labelled")
    assert "1 empty" not in told["says"]
    pulled = pets.ymir("labels", "pull", "pets-r1")
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    row = listed(pets)
    assert (row["changed"], row["balance"]["empty"]) == (0, 1)
    assert pets.data("labels", "show", "pets-r1")["changes"] == []


def test_who_trained_already_keeps_what_they_learned_from(pets: Workspace) -> None:
    answers = answer(pets)
    assert pets.ymir("apply").returncode == 3
    answers[0].write_text("<annotation/>")
    pulled = pets.ymir("labels", "pull", "pets-r1")
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    assert "from round 3 on; what was trained before stays as it is" in pulled.stdout
    rounds = pets.data("status")["rounds"]["pets"]
    assert [each["training_images"] for each in rounds] == [6, 12]
    steps = {each["stage"]: each["action"] for each in pets.data("plan")["steps"]}
    assert steps["pets/r2/label"] == "park"
    assert not {"pets/r2/training", "pets/r2/train"} & steps.keys()


def test_what_cannot_be_read_is_told_and_nothing_else_is_hidden(pets: Workspace) -> None:
    broken = answer(pets)[0]
    broken.write_text("<annotation><object></annotation>" + " " * 9)
    told = pets.ymir("labels")
    assert told.returncode == 0
    assert broken.name in told.stdout
    assert listed(pets)["trouble"]
    pulled = pets.ymir("labels", "pull")
    assert (pulled.returncode, broken.name in pulled.stdout) == (1, True)
    refused = pets.ymir("labels", "cancel", "pets-r1", "--yes")
    assert refused.returncode == 1
    assert "nothing was changed" in refused.stdout
    assert listed(pets)["state"] == "open"


def test_what_was_skipped_and_why_and_who_is_missing_is_shown(pets: Workspace) -> None:
    answer(pets, 4)
    skipped = images(pets)[4]
    (pets.root / "labels" / "pets-r1" / "skipped.txt").write_text(f"{skipped.name} too dark\n")
    told = pets.data("labels", "show", "pets/r1")
    (without,) = told["unlabelled"]
    assert (without["state"], without["why"]) == ("skipped", "too dark")
    assert len(told["outstanding"]) == 1
    (everybody,) = told["people"]
    assert (everybody["answers"], everybody["labelled"], everybody["skipped"]) == (5, 4, 1)
    shown = pets.ymir("labels", "show", "pets-r1").stdout
    for part in ("too dark", "outstanding: 1 image", "without labels: 1 image", "due"):
        assert part in shown
    offline = pets.data("labels", "show", "pets-r1", "--offline")
    assert offline["outstanding"] is None, "nobody was asked"


def test_a_batch_that_nobody_began_is_called_off_and_picked_anew(pets: Workspace) -> None:
    asked = pets.ymir("labels", "cancel", "pets-r1")
    assert (asked.returncode, "`--yes` says yes" in asked.stderr) == (1, True)
    assert listed(pets)["state"] == "open"
    done = pets.ymir("labels", "cancel", "pets-r1", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert subjects(pets)[0] == "pets round 1: batch called off"
    assert "pets round 1: batch called off" in pets.ymir("log", "pets").stdout
    assert pets.data("labels", "ls") == []
    assert (pets.root / "labels" / "pets-r1.called-off-1" / "README.txt").exists()
    steps = {each["stage"]: each["action"] for each in pets.data("plan")["steps"]}
    assert steps["pets/r1/mine"] == "run"
    pets.spec(label={"use": "folder"}, goal=GOAL, mine={"use": "entropy", "topk": 3})
    assert pets.ymir("apply").returncode == 3
    assert listed(pets)["balance"]["sent"] == 3


def test_a_batch_that_is_begun_is_closed_and_what_is_done_is_taken(pets: Workspace) -> None:
    answers = answer(pets, 2)
    done = pets.ymir("labels", "cancel", "pets-r1", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 images with labels will be taken; 4 images without" in done.stdout
    row = listed(pets)
    assert (row["state"], row["balance"]["labelled"], row["balance"]["outstanding"]) == (
        "back",
        2,
        4,
    )
    again = pets.ymir("labels", "cancel", "pets-r1", "--yes")
    assert (again.returncode, "is back already" in again.stderr) == (1, True)
    assert answers[0].exists()


def test_a_late_answer_is_offered_and_pulled(pets: Workspace) -> None:
    answers = answer(pets, 2)
    assert pets.ymir("labels", "cancel", "pets-r1", "--yes").returncode == 0
    answers[2].write_text("<annotation/>")
    row = listed(pets)
    assert row["changed"] == 1
    (change,) = pets.data("labels", "show", "pets-r1")["changes"]
    assert (change["was"], change["now"]) == ("outstanding", "labelled")
    pulled = pets.ymir("labels", "pull")
    assert pulled.returncode == 0, pulled.stdout + pulled.stderr
    assert listed(pets)["balance"]["empty"] == 1


def test_a_batch_that_is_lost_can_be_given_up(pets: Workspace) -> None:
    broken = answer(pets)[0]
    broken.write_text("<annotation><object></annotation>" + " " * 9)
    done = pets.ymir("labels", "cancel", "pets-r1", "--without-answers", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert pets.data("labels", "ls") == []
    kept = pets.root / "labels" / "pets-r1.called-off-1" / "annotations" / broken.name
    assert kept.exists(), "what people did stays where they can find it"


@pytest.mark.parametrize("word", ["pets-r9", "pet-r1", "../pets-r1", ""])
def test_a_batch_that_does_not_exist_is_refused_with_the_nearest(
    pets: Workspace, word: str
) -> None:
    for command in (("show",), ("pull",), ("cancel", "--yes")):
        refused = pets.ymir("labels", *command, word)
        assert refused.returncode == 1, command
        assert f"no batch is called `{word}`" in refused.stderr
        assert "pets-r1" in refused.stderr


def test_without_any_batch_that_is_said(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets")
    assert workspace.ymir("labels").stdout == "no batch was sent yet\n"
    assert workspace.ymir("labels", "ls", "--open").stdout == "people have no batch\n"
    assert workspace.data("labels", "ls") == []
    pulled = workspace.ymir("labels", "pull")
    assert (pulled.returncode, "nothing to take in" in pulled.stdout) == (0, True)
    assert "none was sent yet" in workspace.ymir("labels", "show", "x").stderr
