"""The next run removes what one that was killed left unfinished, and nothing of anybody else."""

import os
from pathlib import Path

import pytest

from ymir.dvc.leftovers import clear
from ymir.lock import locked

OURS = [
    "data/rounds/pets/.1.0a1b2c3d.tmp/model/best.json",
    "data/datasets/val/.v1.dvc.0a1b2c3d.tmp",
    "media/pool/.0a1b2c3d.tmp/listing.json",
    "labels/.pets-r1.0a1b2c3d.tmp/images/a.png",
    ".ymir/jobs/pets-r1-train-5f/in/.config.yaml.0a1b2c3d.tmp",
]
THEIRS = [
    "labels/pets-r1/annotations/a.xml",
    "labels/pets-r1/.syncthing.a.xml.tmp",
    "labels/pets-r1/notes.tmp",
    "raw/.a.png.0a1b2c3d.tmp",
    "specs/all.yaml",
]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in (*OURS, *THEIRS):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("half")
    return tmp_path


def test_what_is_unfinished_goes_and_what_people_have_stays(workspace: Path) -> None:
    clear(workspace)
    left = {str(p.relative_to(workspace)) for p in workspace.rglob("*") if p.is_file()}
    assert left == set(THEIRS)


def test_what_a_run_left_that_was_killed_once_it_held_nothing_goes_too(tmp_path: Path) -> None:
    left = tmp_path / ".ymir" / ".last-apply.json.0a1b2c3d.tmp"
    left.parent.mkdir()
    left.write_text("half")
    os.utime(left, (0, 0))
    with locked(tmp_path):
        assert not left.exists()
