"""A workspace that comes back from git and its DVC remote alone is complete."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loop.test_people import annotate
from tests.workspaces import Workspace, with_origin
from ymir.dvc import folders, pointer
from ymir.dvc.objects import object_path
from ymir.dvc.project import cache_of
from ymir.media.tables import read_table

TOLD = "{apiVersion: ymir/v1, kind: Workspace, remote: ../store, push: true}\n"
GOAL = {"map": 0.99, "rounds": 2}
POOL = "data/datasets/pool/v1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Its first batch waits for people, two of whose answers are in git. Change nothing of it."""
    folder = tmp_path_factory.mktemp("restoration")
    workspace = with_origin(folder / "pets", TOLD, label={"use": "folder"}, goal=GOAL)
    assert workspace.ymir("apply").returncode == 3
    label(workspace, slice(0, 2))
    workspace.run("git", "add", "labels")
    workspace.run("git", "commit", "--quiet", "-m", "Two images are labelled")
    assert workspace.ymir("push", "--git").returncode == 0
    return workspace


@pytest.fixture
def restored(made: Workspace, tmp_path: Path) -> Callable[..., Workspace]:
    """What another user has, on another machine: git's remote, the remote's objects, no more."""

    def restore(*options: str) -> Workspace:
        home = tmp_path / "somebody else's"
        shutil.copytree(made.root.parent / "store", home / "store")
        shutil.copytree(made.root.parent / "origin.git", home / "origin.git")
        clone = ("git", "clone", "--quiet", *options, f"file://{home}/origin.git", str(home / "it"))
        made.run(*clone)
        return Workspace(home / "it")

    return restore


def label(workspace: Workspace, some: slice) -> None:
    """Do what people were asked to do, of some images."""
    batch = workspace.root / "labels" / "pets-r1"
    for image in sorted((batch / "images").iterdir())[some]:
        annotate(image, batch / "annotations")


def steps(workspace: Workspace) -> list[dict]:
    """What is planned, but for what the last look at a batch said, which belongs to a machine."""
    return [{**each, "why": ""} for each in workspace.data("plan")["steps"]]


@pytest.mark.parametrize("options", [(), ("--depth", "1")], ids=["whole", "shallow"])
def test_a_restored_workspace_is_complete_and_goes_on(made, restored, options) -> None:
    it = restored(*options)
    fetched = it.ymir("pull")
    assert fetched.returncode == 0, fetched.stderr
    checked = it.ymir("doctor", "--remote", "--deep")
    assert checked.returncode == 0, checked.stdout
    assert "✗" not in checked.stdout
    assert steps(it) == steps(made)
    for page in ("index.html", "r1.html"):
        there = made.root / "reports/pets/html" / page
        assert (it.root / "reports/pets/html" / page).read_bytes() == there.read_bytes()
    (package,) = (it.root / "data/rounds/pets/1").rglob("*.tar*")
    twin = made.root / package.relative_to(it.root)
    assert package.read_bytes() == twin.read_bytes()
    assert "✓ checksums" in it.ymir("model", "verify", str(package)).stdout
    found = it.ymir(
        "predict", str(package), str(made.root / "raw/val/JPEGImages"), "--out", "found"
    )
    assert found.returncode == 0, found.stdout + found.stderr
    shutil.rmtree(it.root / "found")
    parked = it.ymir("apply")
    assert parked.returncode == 3, parked.stdout + parked.stderr
    assert "2 labelled" in parked.stdout
    label(it, slice(2, None))
    done = it.ymir("apply")
    assert done.returncode == 4, done.stdout + done.stderr
    assert [each["labels"] for each in it.data("status")["rounds"]["pets"]] == [0, 6]
    assert it.ymir("apply").returncode == 4
    assert "pets/r2" in it.run("git", "ls-remote", "--tags", "origin")
    assert it.ymir("doctor", "--remote").returncode == 0


def test_what_is_in_the_folder_of_state_may_be_lost_at_any_time(restored) -> None:
    it = restored()
    assert it.ymir("pull").returncode == 0
    assert it.ymir("apply").returncode == 3
    before = steps(it)
    shutil.rmtree(it.root / ".ymir")
    assert steps(it) == before
    assert it.ymir("doctor").returncode == 0
    head = it.run("git", "rev-parse", "HEAD")
    assert it.ymir("apply").returncode == 3
    assert it.run("git", "rev-parse", "HEAD") == head


def test_a_remote_that_has_lost_an_image_gives_all_else_and_says_which_it_is(restored) -> None:
    it = restored()
    assert it.ymir("pull", "test", "--no-media").returncode == 0
    first = read_table(it.root / "data/datasets/test/v1/images.parquet").row(0, named=True)
    object_path(it.root.parent / "store/media/files/md5", first["image"]).unlink()
    for _ in range(2):
        pulled = it.ymir("pull")
        assert pulled.returncode == 1
        assert f"test@v1: 1 of 30 images: {first['file']}" in pulled.stderr
        assert "all else is here" in pulled.stderr
    assert it.ymir("pull", "base", "val", "pool").returncode == 0
    refused = it.ymir("pull", "test")
    assert f"test@v1: 1 of 30 images: {first['file']}" in refused.stderr
    wrong = it.data("doctor")["findings"]
    assert [each["code"] for each in wrong if each["severity"] == "error"] == ["lost"]
    parked = it.ymir("apply", "--no-push")
    assert parked.returncode == 3, parked.stderr


def test_a_remote_that_has_lost_a_table_or_a_listing_names_the_version(restored) -> None:
    it = restored()
    store = it.root.parent / "store/files/md5"
    listing = pointer.read(it.root / f"{POOL}.dvc").digest
    entries = folders.entries_of(store, listing)
    object_path(store, entries["images.parquet"]).unlink()
    pulled = it.ymir("pull")
    assert pulled.returncode == 1
    assert f"{POOL}: 1 of {len(entries)} files: images.parquet" in pulled.stderr
    assert (it.root / "reports/pets/html/index.html").is_file()
    object_path(store, listing).unlink()
    object_path(cache_of(it.root), listing).unlink()
    pulled = it.ymir("pull")
    assert f"{POOL}: all of it" in pulled.stderr
    refused = it.ymir("dataset", "show", "pool")
    assert refused.returncode == 1
