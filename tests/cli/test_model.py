"""`ymir model`: what there is, what it is worth, and whether a package keeps its word."""

import json
from pathlib import Path

import pytest

from tests.loop.test_models import package, pets
from tests.package import packed
from tests.workspaces import Workspace
from ymir.cli.models.shelf import package_named
from ymir.errors import SpecError
from ymir.package.archive import sha256
from ymir.package.contents import INFO, SUMS

ROUND = "data/rounds/pets/1/pets-r1.tar.gz"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = pets(tmp_path_factory.mktemp("models") / "pets")
    package(made.root / "raw" / "pets.tar.gz")
    specs = made.root / "specs" / "all.yaml"
    with_onnx = '"executor": "blocks", "with": {"onnx": "same"}'
    specs.write_text(specs.read_text().replace('"executor": "blocks"', with_onnx))
    applied = made.ymir("apply")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    return made


def test_imported_models_and_those_of_rounds_are_listed(workspace: Workspace) -> None:
    rows = {row["model"]: row for row in workspace.data("model", "ls")}
    assert [*rows] == ["pets-before@v1", "pets/r1"]
    imported, made = rows.values()
    assert (imported["map"], imported["class_names"]) == (0.4, ["Cat", "hound"])
    assert (made["executor"], made["class_names"]) == ("blocks", ["cat", "dog"])
    assert made["proof"]["holds"]
    assert made["sha256"] == sha256(workspace.root / ROUND)
    lines = workspace.ymir("model", "ls").stdout.splitlines()
    assert lines[1].split()[:3] == ["pets-before@v1", "0.400", "2"]
    assert lines[1].endswith("not tried")
    assert lines[2].endswith("on 30 images")


def test_a_model_is_shown_with_its_proof(workspace: Workspace) -> None:
    shown = workspace.ymir("model", "show", "pets/r1").stdout
    assert "proof: on 30 images" in shown
    assert "weights" in shown
    assert "loaded in a fresh job" in shown
    imported = workspace.ymir("model", "show", "pets-before").stdout
    assert "stage     best" in imported
    assert workspace.data("model", "show", "pets-before@v1")["files"] == ["memory.json"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("pets", "`pets` is a project (name a round, such as `pets/r1`)"),
        ("pets-befor", "no model called `pets-befor` is recorded"),
        ("pets/r7", "no model called `pets/r7` is recorded"),
        ("pets-before@v2", "no model called `pets-before@v2` is recorded"),
    ],
)
def test_a_name_that_is_none_is_said_with_the_nearest(
    workspace: Workspace, name: str, why: str
) -> None:
    shown = workspace.ymir("model", "show", name)
    assert shown.returncode == 1
    assert why.partition(" (")[0] in shown.stderr
    assert (
        "`pets/r1`" in shown.stderr or "pets-before@v1" in shown.stderr or "pets/r1" in shown.stderr
    )


def test_other_commands_find_packages_by_name(workspace: Workspace) -> None:
    assert package_named(workspace.root, "pets/r1") == workspace.root / ROUND
    before = package_named(workspace.root, "pets-before")
    assert before == package_named(workspace.root, "pets-before@v1")
    assert before.read_bytes() == (workspace.root / "raw" / "pets.tar.gz").read_bytes()
    with pytest.raises(SpecError, match="no model called `pots` is recorded"):
        package_named(workspace.root, "pots")


def test_a_package_is_exported_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name in ("pets/r1", "pets-before"):
        assert (
            workspace.ymir("model", "export", name, "--package", "--out", str(out)).returncode == 0
        )
    assert sorted(path.name for path in out.iterdir()) == [
        "pets-before-v1.tar.gz",
        "pets-r1.md",
        "pets-r1.tar.gz",
    ]
    assert sha256(out / "pets-r1.tar.gz") == sha256(workspace.root / ROUND)


def test_what_cannot_be_exported_says_why(workspace: Workspace, tmp_path: Path) -> None:
    for name, why in (
        ("pets-before", "has no ONNX file"),
        ("pets/r1", "no ONNX file, or half of one"),  # the executor of the tests pretends
    ):
        done = workspace.ymir("model", "export", name, "--onnx", "--out", str(tmp_path / "o"))
        assert done.returncode == 1
        assert why in done.stderr
        assert [*(tmp_path / "o").iterdir()] == []
    assert "say what to export" in workspace.ymir("model", "export", "pets/r1").stderr


def test_a_sound_package_is_verified(workspace: Workspace) -> None:
    found = workspace.data("model", "verify", ROUND, "--images", "raw/test/JPEGImages")
    assert [(each["name"], each["holds"]) for each in found["checks"]] == [
        ("checksums", True),
        ("weights", True),
        ("onnx", True),
    ]
    assert (found["holds"], found["images"], found["left_out"]) == (True, 30, None)
    by_name = workspace.ymir("model", "verify", "pets/r1", "--images", "raw/val/JPEGImages")
    assert (by_name.returncode, by_name.stdout.splitlines()[-1]) == (
        0,
        "the package is what it promises",
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"best/memory.json": b"{}"}, "checksums: `x.tar.gz` is damaged: the checksum of"),
        ({"best/memory.json": None, SUMS: None}, "checksums: `x.tar.gz` lists `best/memory.json`"),
        ({INFO: None}, "checksums: `x.tar.gz` is not a model package"),
        ({"best/memory.json": b"half {", SUMS: None}, "weights: a fresh job does not run: exit"),
        ({"best/memory.onnx": b"{}", SUMS: None}, "onnx: "),
        ({"best/memory.onnx": b"no", SUMS: None}, "onnx: the ONNX model does not run: exit code 1"),
    ],
)
def test_a_broken_package_is_named_for_what_is_broken(
    workspace: Workspace, tmp_path: Path, changes: dict, why: str
) -> None:
    path = packed.repacked(workspace.root / ROUND, tmp_path / "x.tar.gz", **changes)
    done = workspace.ymir("model", "verify", str(path), "--images", "raw/test/JPEGImages")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"✗ {why}" in done.stdout
    assert done.stdout.splitlines()[-1] == "the package is broken"


def test_where_the_executor_is_not_known_the_files_alone_are_checked(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = package(tmp_path / "x.tar.gz", task_context={"executor": "acme/yolo:1"})
    done = workspace.ymir("model", "verify", str(path))
    assert done.returncode == 0
    assert "3 files, which name no checksums" not in done.stdout
    assert "so it was not run" in done.stdout
    assert done.stdout.splitlines()[-1] == "the package is whole"
    asked = workspace.ymir("model", "verify", str(path), "--executor", "acme")
    assert asked.returncode == 1
    assert "the executor `acme` is not known here" in asked.stderr
    run = workspace.ymir("model", "verify", str(path), "--executor", "blocks", "--json")
    assert [each["name"] for each in json.loads(run.stdout)["checks"]] == ["checksums", "weights"]


def test_a_package_that_is_not_there_is_named(workspace: Workspace) -> None:
    done = workspace.ymir("model", "verify", "raw/nothing.tar.gz")
    assert done.returncode == 1
    assert "there is no file `raw/nothing.tar.gz`" in done.stderr
