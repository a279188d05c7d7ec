"""Each round's package is opened and run before anybody relies on it."""

import json
from pathlib import Path

import pytest

from tests.workspaces import Workspace, make

TWO_ROUNDS = {"map": 1.0, "map_50_95": 1.0, "counts": "lower_bound", "rounds": 2}


def pets(root: Path, *, gate: str | None = None, **with_: object) -> Workspace:
    workspace = make(root, goal=TWO_ROUNDS, train={"executor": "blocks", "with": with_})
    if gate:
        file = workspace.root / "specs" / "all.yaml"
        file.write_text(file.read_text().rstrip() + f"\ngates: {{package: {gate}}}\n")
    return workspace


def proof(workspace: Workspace, number: int = 1) -> dict:
    folder = workspace.root / "data" / "rounds" / "pets" / str(number)
    return json.loads((folder / "proof.json").read_text())


def test_every_round_has_a_proof_and_the_page_says_so(tmp_path: Path) -> None:
    workspace = pets(tmp_path / "pets", onnx="same")
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    for number in (1, 2):
        found = proof(workspace, number)
        assert [each["name"] for each in found["checks"]] == [
            "checksums",
            "classes",
            "weights",
            "predictions",
            "onnx",
        ]
        assert all(each["holds"] for each in found["checks"])
        assert found["images"] == 30
        figures = found["checks"][-1]["figures"]
        assert figures["boxes"] > 30
        assert (figures["alone"], figures["iou"], figures["score"]) == (0, 1.0, 0.0)
        page = workspace.root / "reports" / "pets" / "html" / f"r{number}.html"
        assert "loaded in a fresh job" in page.read_text()
        card = (
            page.parents[3] / "data" / "rounds" / "pets" / str(number) / "model_card.md"
        ).read_text()
        assert card.startswith("# pets, round")
        assert "| onnx | yes |" in card
    subjects = [each["subject"] for each in workspace.data("log")]
    assert "pets round 1: package proven" in subjects
    assert workspace.ymir("plan").returncode == 0


@pytest.mark.parametrize(
    ("with_", "named"),
    [
        ({"onnx": "another"}, "onnx: "),
        ({"fault": "moody"}, "predictions: "),
        ({"fault": "fragile"}, "weights: a fresh job does not run: exit code 1: RuntimeError"),
    ],
)
def test_a_package_that_does_not_keep_its_promise_blocks_the_round(
    tmp_path: Path, with_: dict, named: str
) -> None:
    workspace = pets(tmp_path / "pets", **with_)
    for _ in range(2):
        applied = workspace.ymir("apply")
        said = applied.stdout + applied.stderr
        assert applied.returncode == 4, said
        assert "`pets-r1.tar.gz` is not what it promises" in said
        assert named in said
    stages = workspace.data("status")["rounds"]["pets"][0]["stages"]
    assert "package" in stages
    assert not {"prove", "mine", "label"} & set(stages)


def test_a_warning_lets_the_package_pass_and_is_recorded(tmp_path: Path) -> None:
    workspace = pets(tmp_path / "pets", onnx="another", fault="fragile")
    assert workspace.ymir("apply").returncode == 4
    file = workspace.root / "specs" / "all.yaml"
    file.write_text(file.read_text().rstrip() + "\ngates: {package: warn}\n")
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    assert len(workspace.data("status")["rounds"]["pets"]) == 2
    broken = [each["name"] for each in proof(workspace)["checks"] if not each["holds"]]
    assert broken == ["weights"]
    page = (workspace.root / "reports" / "pets" / "html" / "r1.html").read_text()
    assert "a fresh job does not run" in page
    card = workspace.root / "data" / "rounds" / "pets" / "1" / "model_card.md"
    assert "**It is not what it promises.**" in card.read_text()
    assert workspace.ymir("plan").returncode == 0


def test_nothing_is_tried_where_nobody_asks_for_it(tmp_path: Path) -> None:
    workspace = pets(tmp_path / "pets", gate="ignore", fault="fragile")
    assert workspace.ymir("apply").returncode == 4
    rounds = workspace.data("status")["rounds"]["pets"]
    assert len(rounds) == 2
    assert not any("prove" in each["stages"] for each in rounds)
    file = workspace.root / "specs" / "all.yaml"
    file.write_text(file.read_text().replace("package: ignore", "package: block"))
    assert workspace.ymir("plan").returncode == 0  # rounds that began without the gate stay
