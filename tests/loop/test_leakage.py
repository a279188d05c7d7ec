"""The leakage gate in whole loops: what it stops, what it leaves out, and what people read."""

import json
import shutil
from pathlib import Path

import pytest

from tests.workspaces import Workspace, unproven


@pytest.fixture
def leaky(tmp_path: Path) -> Workspace:
    """A workspace whose training set holds two images of its testing set."""
    workspace = unproven(tmp_path / "pets", goal={"map": 0.1, "rounds": 1})
    for folder, suffix in (("JPEGImages", "png"), ("Annotations", "xml")):
        for number in (1, 2):
            name = f"test-{number:03}.{suffix}"
            shutil.copy(
                workspace.root / "raw/test" / folder / name,
                workspace.root / "raw/base" / folder / name,
            )
    return workspace


def gate(workspace: Workspace, gates: str) -> None:
    spec = workspace.root / "specs/all.yaml"
    text = spec.read_text().partition("gates:")[0]
    spec.write_text(f"{text}gates: {gates}\n")


def test_a_gate_blocks_and_lists_and_once_it_is_told_to_leaves_out(leaky: Workspace) -> None:
    applied = leaky.ymir("apply")
    assert applied.returncode == 4
    assert (
        "2 also in testing: `JPEGImages/test-001.png`, `JPEGImages/test-002.png`" in applied.stdout
    )
    listed = next((leaky.root / ".ymir/jobs").glob("pets-r1-training-*/leakage.json"))
    assert listed.relative_to(leaky.root).as_posix() in applied.stdout
    assert len(json.loads(listed.read_text())["pairs"]) >= 2

    gate(leaky, "{leakage: exclude, near: {then: ignore}}")
    applied = leaky.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert "pets/r1/training: 6 images; leaks from validation or testing: 2 same; 2 left out" in (
        applied.stdout
    )
    page = (leaky.root / "reports/pets/html/r1.html").read_text()
    assert "<b>2 training images</b> also in testing: left out" in page
    assert page.count("the same file · left out of training") == 2

    gate(leaky, "{leakage: exclude, near: {then: block}}")
    plan = leaky.data("plan")
    assert plan["settled"]
    assert [(each["category"], each["what"]) for each in plan["edits"]] == [
        ("forward", "gates.near.then: ignore → block")
    ]


def test_a_testing_set_that_takes_in_what_a_model_learned_does_not_score_it_again(
    tmp_path: Path,
) -> None:
    workspace = unproven(tmp_path / "pets", goal={"map": 0.1, "rounds": 1})
    assert workspace.ymir("apply").returncode == 0
    for folder, suffix in (("JPEGImages", "png"), ("Annotations", "xml")):
        learned = workspace.root / "raw/base" / folder / f"base-001.{suffix}"
        shutil.copy(learned, workspace.root / "raw/test" / folder)
    assert [(each["category"], each["what"]) for each in workspace.data("plan")["edits"]] == []
    before = workspace.data("status")["rounds"]["pets"]
    applied = workspace.ymir("apply")
    assert applied.returncode == 4
    assert "✗ pets/r1/predict: testing holds 1 of the images that `pets/r1/train` learned from" in (
        applied.stdout
    )
    edits = [(each["category"], each["what"]) for each in workspace.data("plan")["edits"]]
    assert edits == [("re-judge", "dataset test is now v2")]
    assert workspace.data("status")["rounds"]["pets"][0]["map"] == before[0]["map"]
