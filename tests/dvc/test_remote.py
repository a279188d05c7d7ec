import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dvc.repo import Repo

from tests.dvc.real import add_batch, files_under, new_workspace, run_dvc, run_git
from tests.dvc.test_contract import FOLDERS, record_all
from ymir.dvc import away, losses, objects, remote
from ymir.dvc.project import cache_of
from ymir.errors import StoreError
from ymir.stores.dvc import DvcStore

IMAGES = [b"image %d" % number for number in range(5)]


@pytest.fixture
def workspace(tmp_path) -> Path:
    return new_workspace(tmp_path / "workspace", "../storage")


def test_push_and_pull_restore_everything_in_a_fresh_clone(workspace, capfd):
    record_all(workspace)
    assert remote.push(workspace) > len(FOLDERS)
    clone = _clone(workspace)
    assert remote.pull(clone) > 0
    assert capfd.readouterr() == ("", "")
    for name in FOLDERS:
        assert files_under(clone / name) == files_under(workspace / name) != {}
    for folder in (clone, clone / "media"):
        assert "up to date" in run_dvc(folder, "status")
    assert run_git(clone, "status", "--porcelain") == ""


def test_pushing_and_pulling_again_moves_nothing(workspace):
    add_batch(workspace, "site-1", IMAGES)
    assert remote.push(workspace) == len(IMAGES) + 1
    assert remote.push(workspace) == 0
    assert remote.pull(workspace) == 0


def test_an_empty_workspace_needs_no_remote(tmp_path):
    workspace = new_workspace(tmp_path / "workspace")
    assert remote.push(workspace) == remote.pull(workspace) == 0


def test_a_missing_remote_says_where_to_name_one(tmp_path):
    workspace = new_workspace(tmp_path / "workspace")
    add_batch(workspace, "site-1", IMAGES)
    with pytest.raises(StoreError) as caught:
        remote.push(workspace)
    assert "`Workspace` spec" in str(caught.value.hint)


def test_a_remote_that_does_not_answer_is_quoted(tmp_path):
    workspace = new_workspace(tmp_path / "workspace", "http://127.0.0.1:9/store")
    add_batch(workspace, "site-1", IMAGES)
    with pytest.raises(StoreError, match=r"objects were not transferred: .*127\.0\.0\.1"):
        remote.push(workspace)


def test_opening_in_a_clone_fetches_what_is_missing(workspace):
    record_all(workspace)
    remote.push(workspace)
    clone = _clone(workspace)
    folder = DvcStore(clone).open("helmet/r3/train")
    assert files_under(folder) == files_under(workspace / "data/rounds/helmet/3")
    assert not (clone / "data/rounds/helmet/1").exists()


def test_single_images_are_fetched_by_digest(workspace):
    add_batch(workspace, "site-1", IMAGES)
    remote.push(workspace)
    clone = _clone(workspace)
    wanted = objects.md5_of_bytes(IMAGES[3])
    remote.fetch_objects(clone, [wanted])
    cache = cache_of(clone / "media")
    assert [path for path in cache.rglob("*") if path.is_file()] == [
        objects.object_path(cache, wanted)
    ]
    assert oct(objects.object_path(cache, wanted).stat().st_mode & 0o777) == "0o444"


def test_what_nobody_has_is_named(workspace):
    add_batch(workspace, "site-1", IMAGES)
    lost = objects.md5_of_bytes(IMAGES[3])
    _forget(cache_of(workspace / "media"), lost)
    with pytest.raises(StoreError, match=lost) as caught:
        remote.push(workspace)
    assert "ymir push" in str(caught.value.hint)
    add_batch(workspace, "site-1", IMAGES)
    remote.push(workspace)
    _forget(workspace.parent, lost)
    with pytest.raises(StoreError, match=lost) as caught:
        remote.pull(workspace)
    assert "ymir push" in str(caught.value.hint)


def test_a_tree_whose_listing_arrived_is_not_looked_at_again(workspace, tmp_path):
    """A listing is stored last, so a folder as the remote is asked without DVC."""
    batch = add_batch(workspace, "site-1", IMAGES)
    assert not away.has_everything(workspace)
    remote.push(workspace)
    assert away.has_everything(workspace)
    _forget(tmp_path / "storage", objects.md5_of_bytes(IMAGES[0]))
    assert away.has_everything(workspace)
    assert remote.push(workspace) == 0
    losses.resend(workspace, {"media": [batch.digest]})  # as `ymir fsck --remote` notes it
    assert not away.has_everything(workspace)
    assert remote.push(workspace) == 1
    assert away.has_everything(workspace)


def test_a_remote_that_lost_a_listing_gets_it_again(workspace, tmp_path):
    batch = add_batch(workspace, "site-1", IMAGES)
    remote.push(workspace)
    _forget(tmp_path / "storage", batch.digest)
    assert not away.has_everything(workspace)
    assert remote.push(workspace) == 1


def test_only_a_plain_folder_is_judged_without_dvc(workspace):
    assert away.folder_of(workspace, "media") == workspace.parent / "storage/media/files/md5"
    local = workspace / "media/.dvc/config.local"
    local.write_text("['remote \"ymir\"']\n    url = s3://bucket/images\n")
    assert away.folder_of(workspace, "media") is None
    local.write_text("[core]\n    remote = other\n")
    assert away.folder_of(workspace, "media") is None
    local.write_text("['remote \"ymir\"']\n    worktree = true\n")
    assert away.folder_of(workspace, "media") is None


def test_a_cache_that_the_config_of_dvc_names_is_used(workspace, tmp_path):
    shared = tmp_path / "shared"
    for project in ("", "media"):
        local = workspace / project / ".dvc" / "config.local"
        local.write_text(f"[cache]\n    dir = {shared / (project or 'root')}\n")
    record_all(workspace)
    assert not list(workspace.rglob("cache/files"))
    assert remote.push(workspace) > len(FOLDERS)
    clone = _clone(workspace)
    for folder in (workspace, workspace / "media"):
        assert "up to date" in run_dvc(folder, "status")
    (clone / "media/.dvc/config.local").write_text("[cache]\n    dir = ../cache-of-it\n")
    remote.pull(clone, ["media"])
    assert len(files_under(clone / "media/cache-of-it/files/md5")) == 5
    assert "up to date" in run_dvc(clone / "media", "status")


def test_half_a_folder_may_be_pushed_by_two_machines(workspace):
    """What is absent here and present there is no loss."""
    add_batch(workspace, "site-1", IMAGES)
    remote.push(workspace)
    clone = _clone(workspace)
    add_batch(clone, "site-2", [b"image of the clone"])
    assert remote.push(clone) == 2


def test_a_listing_is_sent_after_the_files_it_lists(workspace):
    batch = add_batch(workspace, "site-1", IMAGES)
    store = workspace.parent / "storage" / "media" / "files" / "md5"
    objects.object_path(store, objects.md5_of_bytes(IMAGES[0])).mkdir(parents=True)
    (objects.object_path(store, objects.md5_of_bytes(IMAGES[0])) / "in-the-way").touch()
    with pytest.raises(StoreError):
        remote.push(workspace)
    assert not objects.object_path(store, batch.digest).exists()
    shutil.rmtree(store)
    assert remote.push(workspace) == len(IMAGES) + 1
    assert objects.object_path(store, batch.digest).exists()


def test_the_databases_of_dvc_lie_in_the_workspace(workspace):
    add_batch(workspace, "site-1", IMAGES)
    remote.push(workspace)
    assert (workspace / ".ymir" / "dvc").is_dir()
    assert run_git(workspace, "status", "--porcelain", ".ymir") == ""


def test_a_running_dvc_command_is_respected(workspace):
    add_batch(workspace, "site-1", IMAGES)
    with Repo(str(workspace / "media")).lock, pytest.raises(StoreError, match="DVC"):
        remote.push(workspace)


def test_pointers_in_conflict_are_named(workspace):
    add_batch(workspace, "site-1", IMAGES)
    path = workspace / "media/pool/site-1.dvc"
    path.write_text(f"<<<<<<< HEAD\n{path.read_text()}=======\n")
    with pytest.raises(StoreError, match=r"site-1\.dvc"):
        remote.push(workspace)


def test_importing_the_module_leaves_no_log_handlers(tmp_path):
    program = "import ymir.dvc.remote, logging; print([logging.getLogger(n).handlers for n in N])"
    done = subprocess.run(
        [sys.executable, "-c", f"N = ('dvc', 'dvc_data', 'dvc_objects'); {program}"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[[], [], []]\n"
    assert logging.getLogger("dvc").handlers == []


def _clone(workspace: Path) -> Path:
    clone = workspace.parent / "clone"
    run_git(workspace, "add", ".")
    if run_git(workspace, "status", "--porcelain"):
        run_git(workspace, "commit", "-qm", "All")
    run_git(workspace.parent, "clone", "-q", workspace, clone)
    return clone


def _forget(folder: Path, digest: str) -> None:
    for path in folder.rglob(digest[2:]):
        path.unlink()


def test_an_object_has_its_name_once_it_is_whole(workspace, monkeypatch):
    def killed(source, target):
        Path(target).touch()
        raise KeyboardInterrupt

    add_batch(workspace, "site-1", IMAGES)
    with monkeypatch.context() as patched:
        patched.setattr("dvc_objects.fs.system.reflink", killed)
        with pytest.raises(KeyboardInterrupt):
            remote.push(workspace)
    storage = workspace.parent / "storage"
    assert not [path for path in storage.rglob("*") if path.is_file()]
    monkeypatch.setattr("dvc_objects.fs.system.reflink", shutil.copyfile)
    assert remote.push(workspace) == len(IMAGES) + 1
    assert remote.pull(_clone(workspace)) == len(IMAGES) + 1
