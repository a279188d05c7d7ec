"""Objects that are damaged, cut short or gone: met before they do harm, and named."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loop.test_faults import digests_of_versions
from tests.workspaces import Workspace, copied, unproven
from ymir.dvc.objects import md5_of_file

REMOTE = "{apiVersion: ymir/v1, kind: Workspace, remote: ../remote}\n"
RAISING = ("apply", "--target", "base")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One whose datasets are imported and pushed; its model is not trained yet."""
    workspace = unproven(tmp_path_factory.mktemp("store") / "pets", goal={"map": 0.1, "rounds": 1})
    (workspace.root / "specs" / "workspace.yaml").write_text(REMOTE)
    done = workspace.ymir("apply", "--until", "train")
    assert (workspace.root / "data/rounds/pets/1.dvc").is_file(), done.stdout + done.stderr
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--message", "Remote")
    pushed = workspace.ymir("push")
    assert pushed.returncode == 0, pushed.stderr
    return workspace


@pytest.fixture
def workspace(stored: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(stored.root.parent / "remote", tmp_path / "remote")
    return copied(stored, tmp_path / "pets")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def harm(path: Path, how: Callable[[Path], None]) -> None:
    path.chmod(0o644)
    how(path)
    if path.exists():
        path.chmod(0o444)


def object_of(workspace: Workspace, pointer: str) -> Path:
    digest = (workspace.root / pointer).read_text().split("md5: ")[1].split()[0]
    return workspace.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


@pytest.mark.parametrize("how", [cut, flip, os.remove], ids=["cut", "flipped", "gone"])
def test_a_listing_that_is_not_whole_comes_back_from_the_remote(
    workspace: Workspace, how: Callable[[Path], None]
) -> None:
    before = digests_of_versions(workspace)
    harm(object_of(workspace, "data/rounds/pets/1.dvc"), how)
    shutil.rmtree(workspace.root / "data" / "rounds" / "pets" / "1")
    if how is not os.remove:
        met = workspace.ymir("apply")
        assert met.returncode == 1, met.stdout
        assert "is damaged" in met.stderr
        assert "`ymir fsck --fix`" in met.stderr
        assert "Traceback" not in met.stderr
        assert digests_of_versions(workspace) == before
        assert workspace.ymir("fsck", "--fix").returncode == 0
    done = workspace.ymir("apply")
    assert done.returncode == 0, done.stdout + done.stderr
    assert workspace.ymir("fsck").returncode == 0


def test_without_a_remote_what_is_gone_is_named(workspace: Workspace) -> None:
    object_of(workspace, "data/rounds/pets/1.dvc").unlink()
    shutil.rmtree(workspace.root / "data" / "rounds" / "pets" / "1")
    shutil.rmtree(workspace.root.parent / "remote")
    met = workspace.ymir("apply")
    assert met.returncode == 1
    assert "error: `pets/r1/training` cannot be laid out: " in met.stderr
    assert " hint: " in met.stderr
    assert "Traceback" not in met.stderr


def test_an_image_that_is_gone_comes_back(workspace: Workspace) -> None:
    gone = next(path for path in sorted(workspace.root.glob("media/pool/*/*/*.png")))
    digest = gone.parent.name + gone.stem
    (workspace.root / "media/.dvc/cache/files/md5" / digest[:2] / digest[2:]).unlink()
    shutil.rmtree(gone.parents[1])
    met = workspace.ymir("apply")
    if met.returncode == 1:
        assert "are not here" in met.stdout + met.stderr
        assert "`ymir pull`" in met.stdout + met.stderr
        assert workspace.ymir("pull").returncode == 0
        met = workspace.ymir("apply")
    assert met.returncode == 0, met.stdout + met.stderr


def an_image(workspace: Workspace) -> tuple[Path, str]:
    """The object of an image that is trained on, and its file's name."""
    pictures = sorted((workspace.root / "raw/base/JPEGImages").iterdir())
    digest = md5_of_file(pictures[0])
    cache = workspace.root / "media/.dvc/cache/files/md5"
    return cache / digest[:2] / digest[2:], pictures[0].name


@pytest.mark.parametrize("how", [cut, flip], ids=["cut", "flipped"])
def test_a_damaged_image_is_named_and_no_executor_is_blamed(
    workspace: Workspace, how: Callable[[Path], None]
) -> None:
    image, name = an_image(workspace)
    stood = image.stat()
    harm(image, how)
    os.utime(image, ns=(stood.st_atime_ns, stood.st_mtime_ns))
    met = workspace.ymir("apply")
    assert met.returncode == 1, met.stdout + met.stderr
    assert "1 image is damaged in the store" in met.stdout
    assert f"base@v1: 1 of 6 images: JPEGImages/{name}" in met.stdout
    assert "`ymir fsck --fix`" in met.stdout
    assert "Traceback" not in met.stdout + met.stderr
    assert workspace.ymir("fsck", "--fix").returncode == 0
    done = workspace.ymir("apply")
    assert done.returncode == 0, done.stdout + done.stderr
