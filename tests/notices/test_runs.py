"""Whole runs tell what they change, once; whoever cannot be told fails none of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loop.test_people import annotate
from tests.notices.server import listening
from tests.workspaces import ENVIRONMENT, Workspace, applied, unproven

GOAL = {"map": 0.99, "rounds": 3}
LABEL = {"use": "folder", "deadline": "30d"}
TELL = "import sys; open('.git/told', 'a').write(sys.stdin.read() + chr(10))"
EVERYTHING = '["Synced", "GoalReached", "WaitingForLabels", "Stalled", "Suspended"]'


@pytest.fixture
def pets(tmp_path: Path) -> Workspace:
    """A workspace whose first batch waits for people, and that tells nobody."""
    return applied(tmp_path / "pets", label=LABEL, goal=GOAL)


def telling(workspace: Workspace, use: str = "command", more: str = "", **settings) -> Workspace:
    """The same, but it tells: by default a program that writes what it gets to `.git/told`."""
    given = settings or {"command": [sys.executable, "-c", TELL]}
    notify = f"{{use: {use}, with: {json.dumps(given)}{more}}}"
    spec = f"{{apiVersion: ymir/v1, kind: Workspace, notify: [{notify}]}}\n"
    (workspace.root / "specs" / "workspace.yaml").write_text(spec)
    return workspace


def told(workspace: Workspace) -> list[dict]:
    """What came, and nothing of it again."""
    file = workspace.root / ".git" / "told"
    text = file.read_text() if file.exists() else ""
    file.unlink(missing_ok=True)
    return [json.loads(line) for line in text.splitlines() if line]


def titles(workspace: Workspace) -> list[str]:
    return [each["title"] for each in told(workspace)]


def label_all(workspace: Workspace, batch: str = "pets-r1") -> None:
    folder = workspace.root / "labels" / batch
    for image in sorted((folder / "images").iterdir()):
        annotate(image, folder / "annotations")


def forget(workspace: Workspace) -> None:
    """As a fresh clone: no memory of what was told and how things stood."""
    shutil.rmtree(workspace.root / ".ymir")


def test_a_loop_tells_each_change_once_and_a_run_that_changes_nothing_is_silent(
    tmp_path: Path,
) -> None:
    pets = telling(unproven(tmp_path / "pets", label=LABEL, goal={**GOAL, "rounds": 2}))
    assert pets.ymir("apply").returncode == 3
    first = {each["type"]: each for each in told(pets)}
    assert set(first) == {"GoalReached", "WaitingForLabels"}
    waits = first["WaitingForLabels"]
    assert waits["title"] == "pets waits for labels"
    assert (waits["status"], waits["reason"], waits["about"]) == ("True", "BatchOut", "pets-r1")
    assert (waits["next"], waits["workspace"]) == ("ymir labels ls", "pets")
    assert waits["before"] == {"status": "False", "reason": "NothingOwed"}
    assert first["GoalReached"]["before"] == {"status": "Unknown", "reason": "NotJudged"}
    assert pets.ymir("apply").returncode == 3
    assert titles(pets) == []
    label_all(pets)
    assert pets.ymir("apply").returncode == 4
    last = {each["type"]: each for each in told(pets)}
    assert last["GoalReached"]["reason"] == "RoundsSpent"
    assert last["GoalReached"]["next"] == "ymir report pets"
    assert last["WaitingForLabels"]["title"] == "pets waits for no labels any more"
    assert pets.ymir("apply").returncode == 4
    assert titles(pets) == []
    now = {each["type"]: each for each in of_pets(pets)}
    assert (now["Synced"]["status"], now["Synced"]["reason"]) == ("True", "UpToDate")
    assert (now["GoalReached"]["status"], now["GoalReached"]["reason"]) == ("False", "RoundsSpent")
    assert "ymir_last_apply_exit_code 4" in metrics(pets)


def of_pets(workspace: Workspace) -> list[dict]:
    known = workspace.data("status")["conditions"]
    return [each for each in known if (each["kind"], each["name"]) == ("project", "pets")]


def metrics(workspace: Workspace) -> str:
    file = workspace.root / ".git" / "ymir.prom"
    assert workspace.ymir("status", "--metrics-into", str(file)).returncode == 0
    return file.read_text()


def test_in_a_fresh_clone_only_what_the_run_changed_is_told(pets: Workspace) -> None:
    telling(pets, more=f", when: {EVERYTHING}")
    forget(pets)
    assert pets.ymir("apply").returncode == 3
    assert titles(pets) == []
    forget(pets)
    label_all(pets)
    assert pets.ymir("apply").returncode == 3
    assert titles(pets) == ["pets waits for labels"]


def test_what_fails_is_told_with_what_to_type_and_so_is_its_end(pets: Workspace) -> None:
    telling(pets)
    broken = pets.root / "labels" / "pets-r1" / "annotations"
    broken.mkdir(exist_ok=True)
    image = min((pets.root / "labels" / "pets-r1" / "images").iterdir())
    mistake = "<annotation><filename>x</filename><object><name>hors</name></object></annotation>"
    (broken / f"{image.stem}.xml").write_text(mistake)
    assert pets.ymir("apply").returncode == 1
    (stalled,) = told(pets)
    assert (stalled["title"], stalled["reason"]) == ("pets is stalled", "StageFailed")
    assert stalled["about"] == "pets/r1/label"
    assert "hors" in stalled["message"]
    assert next(d for d in of_pets(pets) if d["type"] == "Stalled")["status"] == "True"
    (broken / f"{image.stem}.xml").unlink()
    assert pets.ymir("apply").returncode == 3
    assert titles(pets) == ["pets is not stalled any more"]


def test_whoever_cannot_be_told_fails_no_run_and_is_told_next_time(pets: Workspace) -> None:
    with listening() as inbox:
        telling(pets, "webhook", url=inbox.url)
        assert pets.ymir("notify").returncode == 0, "who is asked first knows how things stand"
        label_all(pets)
        inbox.code, inbox.answer = 503, b"come back later"
        done = pets.ymir("apply")
        assert done.returncode == 3
        assert "warning: `webhook` was not told that pets waits for labels" in done.stderr
        assert "503 come back later" in done.stderr
        refused = len(inbox.came)
        inbox.code = 200
        assert pets.data("notify") == [
            {
                "use": "webhook",
                "title": "pets waits for labels",
                "said": "200 come back later",
                "is_told": True,
            }
        ]
        assert pets.ymir("notify").returncode == 0
    assert len(inbox.came) == refused + 1
    first, last = json.loads(inbox.came[0][2]), json.loads(inbox.came[-1][2])
    assert first["id"] == last["id"]
    assert last["about"] == "pets-r2", "another batch is news, though the rest reads the same"


def test_a_trial_says_what_was_answered_and_changes_nothing(pets: Workspace) -> None:
    telling(pets)
    done = pets.ymir("notify", "--test")
    assert done.returncode == 0
    assert done.stdout.startswith("✓ command: pets can tell you what happens")
    (trial,) = told(pets)
    assert (trial["test"], trial["reason"]) == (True, "Trial")
    assert not (pets.root / ".ymir" / "notified.json").exists()
    telling(pets, "slack", url={"env": "NO_SUCH_VARIABLE"})
    done = pets.ymir("notify", "--test")
    assert done.returncode == 1
    assert "✗ slack" in done.stdout
    assert "`NO_SUCH_VARIABLE` holds no secret" in done.stdout


def test_where_nobody_is_to_be_told_the_command_says_how(pets: Workspace) -> None:
    done = pets.ymir("notify")
    assert done.returncode == 0
    assert "nobody is to be told; `notify` of the Workspace says who" in done.stdout
    done = pets.ymir("notify", "--test")
    assert done.returncode == 1
    assert "nobody is to be told" in done.stderr


def test_broken_specs_are_told_while_a_copy_stands_in_for_them(
    pets: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling(pets)
    shutil.copytree(pets.root / "specs", pets.root / ".ymir" / "good")
    monkeypatch.setitem(ENVIRONMENT, "YMIR_SPECS_FROM", ".ymir/good")
    assert pets.ymir("notify").returncode == 0
    spec = pets.root / "specs" / "all.yaml"
    right = spec.read_text()
    spec.write_text(right.replace("goal:", "gaol:"))
    for _ in range(2):
        assert pets.ymir("notify").returncode == 0
    (broken,) = told(pets)
    assert broken["title"] == "the specs of pets are broken"
    assert "specs/all.yaml" in broken["message"]
    assert broken["next"] == "ymir validate"
    spec.write_text(right)
    pets.ymir("notify")
    assert titles(pets) == ["the specs of pets are right again"]


def test_two_who_look_at_once_tell_once(pets: Workspace) -> None:
    telling(pets)
    pets.ymir("notify")
    (pets.root / ".ymir" / "notified.json").write_text(
        (pets.root / ".ymir" / "notified.json").read_text().replace("BatchOut", "BatchLate")
    )
    both: list[subprocess.Popen[bytes]] = [pets.start("notify") for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    assert titles(pets) == ["pets waits for labels"]
