"""`ymir status` begins with conditions, and writes metrics where it is asked to."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workspaces import Workspace, applied
from ymir.plan.conditions import TYPES

LABEL = {"use": "folder", "deadline": "30d"}
FIELDS = {
    "kind", "name", "type", "status", "reason", "message", "about", "next", "link", "since",
    "observed_generation",
}  # fmt: skip


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose first batch waits for people; tests leave it as it is."""
    root = tmp_path_factory.mktemp("status") / "pets"
    return applied(root, label=LABEL, goal={"map": 0.99, "rounds": 3})


def test_a_project_begins_with_its_conditions(pets: Workspace) -> None:
    done = pets.ymir("status")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    head = lines.index(next(line for line in lines if line.startswith("pets  (spec ")))
    newest = pets.run("git", "log", "-1", "--format=%h", "--abbrev=8", "--", "specs").strip()
    assert re.fullmatch(rf"pets  \(spec [0-9a-f]{{12}}, commit {newest}\)", lines[head])
    table = [line.split()[:3] for line in lines[head + 1 : head + 7]]
    assert [row[0] for row in table] == list(TYPES)
    assert ["Synced", "True", "AllButLabels"] in table
    assert ["GoalReached", "False", "AnotherRoundFollows"] in table
    assert ["WaitingForLabels", "True", "BatchOut"] in table
    assert lines[head + 7].startswith("round  images")


def test_programs_get_every_condition_of_every_object(pets: Workspace) -> None:
    said = pets.data("status")
    assert {"steps", "projects", "rounds", "conditions"} <= said.keys()
    known = said["conditions"]
    assert all(each.keys() == FIELDS for each in known)
    objects = {(each["kind"], each["name"]) for each in known}
    datasets = {("dataset", name) for name in ("base", "val", "test", "pool")}
    whole = {("workspace", "pets"), ("specs", "pets")}
    assert objects == {*whole, ("project", "pets"), *datasets}
    assert {each["status"] for each in known} <= {"True", "False", "Unknown"}
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", each["reason"]) for each in known)
    assert all(each["since"].endswith("Z") for each in known)
    again = pets.data("status")["conditions"]
    assert [each["since"] for each in again] == [each["since"] for each in known]


def test_edited_specs_are_told_and_have_another_digest(pets: Workspace) -> None:
    def of_project() -> dict:
        known = pets.data("status")["conditions"]
        return next(each for each in known if each["kind"] == "project")["observed_generation"]

    before = of_project()
    spec = pets.root / "specs" / "all.yaml"
    text = spec.read_text()
    try:
        spec.write_text(text.replace('"topk": 6', '"topk": 7'))
        after = of_project()
        assert "specs edited since" in pets.ymir("status").stdout
    finally:
        spec.write_text(text)
    assert (before["edited"], after["edited"]) == (False, True)
    assert before["commit"] == after["commit"]
    assert before["digest"] != after["digest"]


def test_metrics_replace_a_file_and_repeat_nothing_secret(pets: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "ymir.prom"
    file.write_text("old")
    assert pets.ymir("status", "--metrics-into", str(file)).returncode == 0
    text = file.read_text()
    assert 'ymir_project_round{project="pets"} 1\n' in text
    assert 'ymir_labels_outstanding{project="pets"} 6\n' in text
    assert 'ymir_condition{project="pets",type="WaitingForLabels",status="true"} 1\n' in text
    assert "ymir_last_apply_exit_code 3\n" in text
    assert [path.name for path in tmp_path.iterdir()] == ["ymir.prom"]
    printed = pets.ymir("status", "--metrics-into", "-")
    assert printed.stdout == text


def test_status_reaches_for_nothing_heavy() -> None:
    heavy = "{'numpy', 'httpx', 'dvc', 'PIL', 'docker'}"
    code = f"import sys, ymir.cli.status; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
