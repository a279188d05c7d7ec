"""Faults come where they are asked for."""

from pathlib import Path

from tests.workspaces import unproven


def test_effects_are_listed_and_a_command_ends_before_the_one_asked_for(tmp_path: Path) -> None:
    log = tmp_path / "effects.txt"
    calm = unproven(tmp_path / "calm")
    assert calm.disturbed("apply", "--target", "val", log=str(log)).returncode == 0
    effects = log.read_text().splitlines()
    recorded = next(n for n, line in enumerate(effects, 1) if line.endswith("v1.dvc"))
    wild = unproven(tmp_path / "wild")
    killed = wild.disturbed("apply", "--target", "val", at=recorded, do="kill")
    assert killed.returncode == -9
    assert not list(wild.root.glob("data/datasets/val/*.dvc"))


def test_a_full_disk_stays_full(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets")
    failed = workspace.disturbed("apply", at=1, do="no-space")
    assert failed.returncode == 1
    assert "No space left on device" in failed.stderr
    assert "Traceback" not in failed.stderr
