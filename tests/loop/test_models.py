"""Packages from elsewhere become models: recorded, started from, pruned."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from tests.package import packed
from tests.workspaces import Workspace, make

ONE_ROUND = {"map": 0.01, "rounds": 1}
MEMORY = json.dumps({"17-61-113": "dog", "1-2-3": "cat"}).encode()


def package(path: Path, **changes: object) -> Path:
    """A package as YMIR 2.x makes it: no checksums, classes by other names."""
    said = {
        "executor_config": {"class_names": ["Cat", "hound"]},
        "task_context": {"executor": "blocks", "mAP": 0.4},
        "stages": {
            "early": {"files": ["memory.json"], "mAP": 0.2},
            "best": {"files": ["memory.json"], "mAP": 0.4},
        },
        "best_stage_name": "best",
        "package_version": "2.0.0",
        **changes,
    }
    files = {"best/memory.json": MEMORY, "early/memory.json": b"{}", "memory.json": MEMORY}
    return packed.archive(path, {**files, "ymir-info.yaml": yaml.safe_dump(said).encode()})


def pets(root: Path, *, start: str = "scratch", **source: object) -> Workspace:
    train = {"executor": "blocks", "start_from": start}
    workspace = make(root, goal=ONE_ROUND, train=train)
    place = {"path": "raw/pets.tar.gz", **source}
    spec = {"apiVersion": "ymir/v1", "kind": "Model", "name": "pets-before", "from": place}
    (root / "specs" / "model.yaml").write_text(yaml.safe_dump(spec))
    return workspace


def facts(workspace: Workspace, number: int = 1) -> dict:
    pointer = workspace.root / "data" / "models" / "pets-before" / f"v{number}.dvc"
    return yaml.safe_load(pointer.read_text())["meta"]["ymir"]["facts"]


def test_every_round_starts_from_the_model_and_its_version_is_recorded(tmp_path: Path) -> None:
    workspace = pets(tmp_path / "pets", start="pets-before", stage="best")
    package(workspace.root / "raw" / "pets.tar.gz")
    applied = workspace.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert (facts(workspace)["stage"], facts(workspace)["map"]) == ("best", 0.4)
    memory = workspace.root / "data" / "rounds" / "pets" / "1" / "model" / "memory.json"
    assert json.loads(memory.read_text())["1-2-3"] == "cat"  # which no image of the workspace shows
    page = workspace.root / "reports" / "pets" / "html" / "r1.html"
    assert "<dt>started from</dt><dd>pets-before</dd>" in page.read_text()
    assert workspace.ymir("plan").returncode == 0
    assert "pets-before@v1  a model of blocks: Cat, hound" in workspace.ymir("status").stdout
    subjects = [each["subject"] for each in workspace.data("log")]
    assert "model:pets-before: v1 imported" in subjects
    assert [each["dataset"] for each in workspace.data("dataset", "ls")] == [
        "base",
        "pool",
        "test",
        "val",
    ]


def test_packages_of_every_age_are_read(tmp_path: Path) -> None:
    workspace = pets(tmp_path / "pets")
    file = workspace.root / "raw" / "pets.tar.gz"
    old = {"stages": {}, "best_stage_name": "", "models": ["memory.json"], "package_version": ""}
    for number, changes in enumerate(({}, {"package_version": ""}, old), start=1):
        package(file, **changes)
        applied = workspace.ymir("apply")
        assert applied.returncode == 0, applied.stdout + applied.stderr
        assert facts(workspace, number)["map"] == 0.4
    assert facts(workspace, 3)["stage"] == "default_best_stage"
    assert facts(workspace, 3)["package_version"] == "1.1.0"


def test_a_model_without_a_spec_is_pruned_and_a_clone_needs_no_package(tmp_path: Path) -> None:
    workspace = pets(tmp_path / "pets")
    package(workspace.root / "raw" / "pets.tar.gz")
    assert workspace.ymir("apply").returncode == 0
    shutil.rmtree(workspace.root / "data" / "models" / "pets-before" / "v1")
    (workspace.root / "raw" / "pets.tar.gz").unlink()
    assert workspace.ymir("plan").returncode == 0
    assert workspace.ymir("fsck").returncode == 0
    assert workspace.ymir("gc", "--yes").returncode == 0
    (workspace.root / "specs" / "model.yaml").unlink()
    pruned = workspace.ymir("prune", "--yes")
    assert "model:pets-before@v1  an imported model" in pruned.stdout, pruned.stderr
    assert not (workspace.root / "data" / "models" / "pets-before" / "v1.dvc").exists()


@pytest.mark.parametrize(
    ("changes", "source", "why"),
    [
        ({"executor_config": {"class_names": ["cat", "cow"]}}, {}, "detects `cow`, which `Labels`"),
        ({"executor_config": {"class_names": ["dog", "hound"]}}, {}, "which are one class in"),
        ({}, {"stage": "late"}, "has no stage `late` (the stages are `best`, `early`)"),
        ({"object_type": 3}, {}, "holds no detector"),
        ({}, {"sha256": "0" * 64}, "is not the package that was asked for"),
        ({"stages": {"best": {"files": ["../memory.json"]}}}, {}, "refused"),
    ],
)
def test_a_package_that_is_of_no_use_says_why(
    tmp_path: Path, changes: dict, source: dict, why: str
) -> None:
    workspace = pets(tmp_path / "pets", **source)
    package(workspace.root / "raw" / "pets.tar.gz", **changes)
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    assert why in applied.stdout + applied.stderr
    assert not (workspace.root / "data" / "models").exists()


def test_other_classes_may_be_kept_but_not_started_from(tmp_path: Path) -> None:
    workspace = pets(tmp_path / "pets", start="pets-before", unknown_classes="keep")
    package(
        workspace.root / "raw" / "pets.tar.gz", executor_config={"class_names": ["cow", "hound"]}
    )
    applied = workspace.ymir("apply")
    assert applied.returncode == 1
    why = "the model `pets-before` cannot be started from: it does not know cat, only cow, dog"
    assert why in applied.stdout + applied.stderr
