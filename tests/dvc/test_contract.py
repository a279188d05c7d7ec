"""What ymir writes, held against DVC itself; plain DVC commands work on a workspace."""

import json
import shutil
from pathlib import Path

import pytest

from tests.dvc.real import (
    add_batch,
    digests_named,
    files_under,
    new_workspace,
    run_dvc,
    run_git,
    write_files,
)
from ymir.dvc import objects
from ymir.dvc.project import cache_of
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage
from ymir.stores.dvc import DvcStore

FOLDERS = (
    "data/datasets/site/v1",
    "data/datasets/site/v2",
    "data/rounds/helmet/1",
    "data/rounds/helmet/3",
    "reports/helmet/html",
    "media/pool/site-1",
    "media/pool/site-2",
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """A workspace with datasets, rounds, a report and media, all committed."""
    return record_all(new_workspace(tmp_path_factory.mktemp("real") / "workspace", "../storage"))


@pytest.fixture
def workspace(recorded, tmp_path) -> Path:
    """A copy to change."""
    copy = tmp_path / "workspace"
    shutil.copytree(recorded, copy)
    return copy


def record_all(workspace: Path) -> Path:
    """Fill a workspace as a run of ymir does, one commit and tag per round."""
    _record(workspace, "site", {"images.parquet": b"one", "import.json": b"{}"})
    _record(workspace, "site", {"images.parquet": b"two", "import.json": b"{}"})
    add_batch(workspace, "site-1", [b"image 1", b"image 2"])
    add_batch(workspace, "site-2", [b"image 3"])
    for number, figure in ((1, 0.6), (2, 0.7), (3, 0.8)):
        where = RoundOf("helmet", number)
        table = {"training.parquet": b"training %d" % number}
        model = {"model/w.onnx": b"w%d" % number, 'model/é "x".json': b""}
        figures = {"metrics.json": json.dumps({"map": figure}).encode()}
        _record(workspace, where.stage("training"), table, where)
        _record(workspace, where.stage("train"), model, where)
        _record(workspace, "helmet/report", {"index.html": b"<p>%d" % number, **figures})
        run_git(workspace, "add", ".")
        run_git(workspace, "commit", "-qm", str(where))
        run_git(workspace, "tag", str(where))
    return workspace


def _record(
    workspace: Path, name: str, files: dict[str, bytes], where: RoundOf | None = None
) -> None:
    kind = name.split("/")[-1] if "/" in name else "dataset"
    made = write_files(workspace / ".ymir" / "made", files)
    store = DvcStore(workspace)
    store.record(Stage(name, kind, round=where), Recipe(kind, {}, {}), made, {"images": 3})
    shutil.rmtree(made)


def test_status_is_clean_in_both_projects(recorded):
    for folder in (recorded, recorded / "media"):
        assert "up to date" in run_dvc(folder, "status")
    assert run_git(recorded, "status", "--porcelain") == ""


def test_adding_the_same_folders_changes_nothing(workspace):
    run_dvc(workspace, "add", *(name for name in FOLDERS if not name.startswith("media")))
    run_dvc(workspace / "media", "add", "pool/site-1", "pool/site-2")
    assert run_git(workspace, "status", "--porcelain") == ""


def test_metrics_are_compared_between_rounds(recorded):
    told = json.loads(run_dvc(recorded, "metrics", "diff", "--json", "helmet/r1", "helmet/r3"))
    change = told["reports/helmet/metrics.json"]["map"]
    assert (change["old"], change["new"]) == (0.6, 0.8)


def test_the_root_does_not_see_media(workspace):
    run_dvc(workspace, "push")
    image = objects.md5_of_bytes(b"image 1")
    assert objects.object_path(cache_of(workspace / "media"), image).exists()
    assert not list((workspace.parent / "storage").rglob(image[2:]))


def test_plain_push_and_pull_restore_everything(workspace, tmp_path):
    clone = tmp_path / "clone"
    for folder in (workspace, workspace / "media"):
        run_dvc(folder, "push")
    run_git(tmp_path, "clone", "-q", workspace, clone)
    for folder in (clone, clone / "media"):
        run_dvc(folder, "pull")
    for name in FOLDERS:
        assert files_under(clone / name) == files_under(workspace / name) != {}
    assert DvcStore(clone).observe() == DvcStore(workspace).observe()
    assert DvcStore(clone).open("helmet/r3/train") == clone / "data/rounds/helmet/3"
    assert "up to date" in run_dvc(clone, "status")


def test_collecting_garbage_keeps_every_version(workspace):
    cache = cache_of(workspace)
    before = files_under(workspace / "data")
    stray = objects.place_bytes(cache, b"of no version")
    (objects.object_path(cache, stray).parent / "torn.tmp").write_bytes(b"of")
    run_dvc(workspace, "gc", "--workspace", "--force")
    run_dvc(workspace / "media", "gc", "--workspace", "--force")
    assert not objects.object_path(cache, stray).exists()
    assert all(objects.object_path(cache, each).exists() for each in digests_named(workspace))
    shutil.rmtree(workspace / "data/rounds/helmet/3")
    DvcStore(workspace).open("helmet/r3/train")
    assert files_under(workspace / "data") == before
