"""A package of the real detector: trained, packed, opened, and its ONNX beside its weights."""

from pathlib import Path

import pytest

from tests.components import needs
from tests.package import packed
from tests.workspaces import Workspace, make
from ymir.package.contents import SUMS
from ymir.package.read import read_package, unpack_stage

DETECTOR = Path(__file__).parents[2] / "executors" / "tinydet" / ".venv" / "bin" / "python"
SMALL = {
    "iterations": 60,
    "image_size": 64,
    "crop": 64,
    "batch_size": 8,
    "learning_rate": 0.01,
    "seed": 1,
}

pytestmark = needs("tinydet", DETECTOR.exists(), "make detector")


def trained(root: Path, *, gate: str, **changes: int) -> Workspace:
    workspace = make(root, goal={"map": 0.999, "rounds": 1})
    file = root / "specs" / "all.yaml"
    specs = file.read_text()
    command = next(line for line in specs.splitlines() if line.startswith("command:"))
    specs = specs.replace(command, "bundled: tinydet")
    train = next(line for line in specs.splitlines() if line.startswith("train:"))
    with_ = ", ".join(f"{name}: {value}" for name, value in {**SMALL, **changes}.items())
    train_so = f"train: {{executor: blocks, with: {{{with_}}}}}"
    gates = f"\ngates: {{package: {gate}}}\n"
    file.write_text(specs.replace(train, train_so).rstrip() + gates)
    applied = workspace.ymir("apply")
    assert applied.returncode == 4, applied.stdout + applied.stderr
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return trained(tmp_path_factory.mktemp("tinydet") / "pets", gate="block")


def test_the_gate_finds_that_onnx_and_native_agree(workspace: Workspace) -> None:
    proof = workspace.data("model", "show", "pets/r1")["proof"]
    assert (proof["holds"], proof["images"], proof["broken"]) == (True, 30, [])
    assert list(proof["checks"]) == ["checksums", "classes", "weights", "predictions", "onnx"]


def test_an_onnx_file_of_another_model_is_found(workspace: Workspace, tmp_path: Path) -> None:
    other = trained(tmp_path / "other", gate="ignore", seed=2, iterations=10)
    mine, theirs = (
        each.root / "data" / "rounds" / "pets" / "1" / "pets-r1.tar.gz"
        for each in (workspace, other)
    )
    files = unpack_stage(read_package(theirs), tmp_path / "theirs")
    name = next(each for each in files if each.endswith(".onnx"))
    member = f"{read_package(mine).best_stage}/{name}"
    swapped = packed.repacked(
        mine, tmp_path / "x.tar.gz", **{member: files[name].read_bytes(), SUMS: None}
    )
    done = workspace.ymir("model", "verify", str(swapped), "--images", "raw/test/JPEGImages")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "✓ weights" in done.stdout
    assert "✗ onnx: " in done.stdout


def test_an_exported_onnx_file_says_what_goes_in_and_what_comes_out(
    workspace: Workspace, tmp_path: Path
) -> None:
    done = workspace.ymir("model", "export", "pets/r1", "--onnx", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    about = (tmp_path / "pets-r1.json").read_text()
    assert '"image": [\n   "batch",\n   3,\n   64,\n   64\n  ]' in about
    assert (tmp_path / "pets-r1.onnx").stat().st_size > 10_000
