import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.components import needs
from tests.dvc.real import digests_named, files_under, write_files
from ymir.dvc import objects
from ymir.dvc.project import cache_of
from ymir.errors import StoreError
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage
from ymir.stores.dvc import DvcStore

REPOSITORY = Path(__file__).parents[2]
ROUND = RoundOf("helmet", 1)
TRAIN = Stage(ROUND.stage("train"), "train", round=ROUND)
RECIPE = Recipe("train", {}, {})
_MOUNT = 1 << 21  # CAP_SYS_ADMIN


def _may_mount() -> bool:
    status = Path("/proc/self/status").read_text()
    (rights,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return bool(int(rights, 16) & _MOUNT)


fills_a_disk = needs("tmpfs", _may_mount(), "run as root, to mount a small disk")


def test_a_run_killed_at_any_step_records_all_or_nothing_and_heals(tmp_path):
    workspaces, made, steps = tmp_path / "workspaces", tmp_path / "made", tmp_path / "steps"
    program = [sys.executable, "-m", "tests.stores.killed", workspaces, made, steps]
    subprocess.run(program, cwd=REPOSITORY, check=True)
    assert int(steps.read_text()) > 20
    outcomes = {_heal(workspaces / str(step)) for step in range(1, int(steps.read_text()) + 1)}
    assert outcomes == {"old.txt", "new.txt"}


def _heal(workspace: Path) -> str:
    """Check what a killed run left, run it again, check; say which state it was killed in."""
    store = DvcStore(workspace)
    left = store.observe()[TRAIN.name]
    _check_objects(workspace)
    found = set(files_under(store.open(TRAIN.name)))
    assert found in ({"model.onnx", "old.txt"}, {"model.onnx", "new.txt"})
    files = {"model.onnx": b"new", "new.txt": b"new"}
    made = write_files(workspace / ".ymir" / "made", files)
    again = store.record(TRAIN, RECIPE, made, {})
    assert files_under(workspace / "data/rounds/helmet/1") == files
    _check_objects(workspace)
    (name,) = found - {"model.onnx"}
    assert (again == left) == (name == "new.txt")
    return name


def _check_objects(workspace: Path) -> None:
    for digest in digests_named(workspace):
        path = objects.object_path(cache_of(workspace), digest)
        assert objects.md5_of_file(path) == digest.removesuffix(".dir")
        assert oct(path.stat().st_mode & 0o777) == "0o444"


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@fills_a_disk
def test_a_full_disk_is_explained_and_nothing_is_recorded(small_disk, tmp_path):
    store = DvcStore(small_disk)
    first = store.record(TRAIN, RECIPE, write_files(tmp_path / "old", {"old.onnx": b"old"}), {})
    made = write_files(tmp_path / "new", {f"{n}.onnx": os.urandom(4096) for n in range(4)})
    free_pages = 0
    while refusal := _refusal(store, made, free_pages):
        assert "No space left" in str(refusal)
        assert "make room" in str(refusal.hint)
        assert DvcStore(small_disk).observe() == {TRAIN.name: first}
        assert not list(small_disk.rglob("*.tmp"))
        free_pages += 1
    assert free_pages > 0
    assert len(files_under(store.open(TRAIN.name))) == 4


def _refusal(store: DvcStore, made: Path, free_pages: int) -> StoreError | None:
    _fill(store.workspace, free_pages)
    try:
        store.record(TRAIN, RECIPE, made, {})
    except StoreError as error:
        return error
    return None


def _fill(disk: Path, free_pages: int) -> None:
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
    os.truncate(filler, filler.stat().st_size - free_pages * 4096)
