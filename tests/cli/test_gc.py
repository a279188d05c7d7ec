import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.dvc.real import add_batch, run_dvc, run_git
from ymir.cli.main import cli
from ymir.data.table import table
from ymir.dvc import objects, project
from ymir.errors import LockedError, SpecError, StoreError
from ymir.lock import locked
from ymir.media.tables import write_table
from ymir.plan.snapshot import recipe_for
from ymir.plan.stage import Stage
from ymir.stores.dvc import DvcStore

SPECS = "apiVersion: ymir/v1\nkind: Labels\nclasses: [cat]\n"
ONE, TWO, THREE = (b"image %d" % number for number in (1, 2, 3))


@pytest.fixture
def workspace(tmp_path) -> Path:
    """Two batches and a dataset of two images, all committed."""
    folder = tmp_path / "workspace"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "all.yaml").write_text(SPECS)
    run_git(folder, "init", "-q", "-b", "main")
    project.prepare(folder)
    add_batch(folder, "site-1", [ONE])
    add_batch(folder, "site-2", [TWO])
    record(folder, "pets", [ONE, TWO])
    commit(folder, "All")
    return folder


def test_what_is_needed_stays_and_what_killed_imports_left_goes(workspace):
    before = stored(workspace)
    cache = project.cache_of(workspace / "media")
    loose = objects.object_path(cache, objects.place_bytes(cache, THREE))
    half = loose.with_name(f"{loose.name}.0123456789abcdef.tmp")
    half.touch()
    folder = workspace / "media/pool/.1234.tmp"
    folder.mkdir()
    said = gc(workspace)
    assert "1  object" in said
    assert "2  unfinished" in said
    assert "`ymir gc --yes` removes it" in said
    assert loose.exists()
    assert "removed" in gc(workspace, "--yes")
    assert stored(workspace) == before
    assert not any(each.exists() for each in (loose, half, folder))
    assert "nothing to remove" in gc(workspace)
    for each in (workspace, workspace / "media"):
        assert "up to date" in run_dvc(each, "status")


def test_what_has_just_been_stored_is_not_touched(workspace):
    objects.place_bytes(project.cache_of(workspace / "media"), THREE)
    assert "nothing to remove" in run(workspace)


def test_data_that_only_history_names_stay_unless_it_does_not_count(workspace):
    forget(workspace, "site-2", "pets")
    everything = stored(workspace)
    gc(workspace, "--yes")
    assert stored(workspace) == everything
    gc(workspace, "--yes", "--keep", "tips")
    assert stored(workspace) == {digest(ONE), listing(ONE)}


@pytest.mark.parametrize("name", ["tag", "branch"])
def test_data_of_tags_and_unmerged_branches_stay(workspace, name):
    everything = stored(workspace)
    run_git(workspace, name, "kept")
    forget(workspace, "site-1", "site-2", "pets")
    gc(workspace, "--yes", "--keep", "tips")
    assert stored(workspace) == everything


def test_data_of_another_work_tree_stay(workspace, tmp_path):
    everything = stored(workspace)
    run_git(workspace, "worktree", "add", "-q", "--detach", tmp_path / "other")
    forget(workspace, "site-1", "site-2", "pets")
    gc(workspace, "--yes", "--keep", "workspace")
    assert stored(workspace) == everything


def test_what_another_work_tree_has_not_committed_stays(workspace, tmp_path):
    everything = stored(workspace)
    kept = _pointers(workspace)
    forget(workspace, "site-1", "site-2", "pets")
    run_git(workspace, "worktree", "add", "-q", "--detach", tmp_path / "other")
    _restore(tmp_path / "other", kept)
    gc(workspace, "--yes", "--keep", "workspace")
    assert stored(workspace) == everything


@pytest.mark.parametrize("is_stashed", [True, False])
def test_what_is_staged_or_stashed_stays(workspace, is_stashed):
    everything = stored(workspace)
    kept = _pointers(workspace)
    forget(workspace, "site-1", "site-2", "pets")
    _restore(workspace, kept)
    run_git(workspace, "add", ".")
    if is_stashed:
        run_git(workspace, "stash", "-q")
    else:
        for name in kept:
            (workspace / name).unlink()
    gc(workspace, "--yes", "--keep", "tips")
    assert stored(workspace) == everything


def test_an_image_that_a_table_names_stays_without_its_batch(workspace):
    forget(workspace, "site-1", "site-2")
    gc(workspace, "--yes", "--keep", "workspace")
    assert {digest(ONE), digest(TWO)} <= stored(workspace)
    assert listing(ONE) not in stored(workspace)


def test_an_image_in_the_folder_of_a_job_stays(workspace):
    cache = project.cache_of(workspace / "media")
    loose = objects.place_bytes(cache, THREE)
    asset = workspace / ".ymir/jobs/pets-r1-train-0a/in/assets/00" / f"{loose}.jpg"
    asset.parent.mkdir(parents=True)
    os.link(objects.object_path(cache, loose), asset)
    assert "nothing to remove" in gc(workspace)


def test_pointers_in_conflict_still_hold_what_they_name(workspace):
    path = workspace / "media/pool/site-2.dvc"
    text = path.read_text()
    forget(workspace, "site-2", "pets")
    path.write_text(f"<<<<<<< HEAD\n{text}=======\n>>>>>>> side\n")
    gc(workspace, "--yes", "--keep", "workspace")
    assert {digest(TWO), listing(TWO)} <= stored(workspace)


def test_folders_without_a_pointer_are_taken_up_but_not_what_people_put_there(workspace):
    run_git(workspace, "rm", "-q", "media/pool/site-1.dvc", "media/pool/site-2.dvc")
    note = workspace / "media/pool/site-2/notes.txt"
    note.write_text("mine")
    gc(workspace, "--yes")
    assert not (workspace / "media/pool/site-1").exists()
    assert [each for each in note.parent.rglob("*") if each.is_file()] == [note]
    assert (workspace / "data/datasets/pets/v1/images.parquet").exists()


def test_a_cache_outside_of_the_workspace_may_have_other_users(workspace, tmp_path):
    shared = tmp_path / "shared"
    for each in ("", "media"):
        local = workspace / each / ".dvc" / "config.local"
        local.write_text(f"[cache]\n    dir = {shared / (each or 'root')}\n")
        shutil.copytree(workspace / each / ".dvc/cache", shared / (each or "root"))
    other = tmp_path / "other"
    run_git(tmp_path, "clone", "-q", workspace, other)
    for each in ("", "media"):
        shutil.copy(workspace / each / ".dvc/config.local", other / each / ".dvc/config.local")
    add_batch(other, "site-3", [THREE])
    with pytest.raises(SpecError, match="others may share") as caught:
        gc(workspace)
    assert "`--also`" in str(caught.value.hint)
    assert "nothing to remove" in gc(workspace, "--also", str(other))
    assert "1  listing" in gc(workspace, "--also", str(workspace))


def test_one_project_may_share_its_cache_with_the_other(workspace, tmp_path):
    for each in ("", "media"):
        local = workspace / each / ".dvc" / "config.local"
        local.write_text(f"[cache]\n    dir = {workspace / 'together'}\n")
        shutil.copytree(workspace / each / ".dvc/cache", workspace / "together", dirs_exist_ok=True)
    assert "nothing to remove" in gc(workspace)


def test_a_listing_that_nobody_has_stops_it(workspace):
    """What it lists would look as if nothing needed it."""
    cache = project.cache_of(workspace / "media")
    objects.object_path(cache, listing(TWO)).unlink()
    objects.object_path(project.cache_of(workspace), pets(workspace)).unlink()
    with pytest.raises(StoreError, match="2 listings or tables") as caught:
        gc(workspace)
    assert "ymir fsck" in str(caught.value.hint)
    assert "2  object" in gc(workspace, "--despite-missing")


def test_a_damaged_listing_stops_it_as_a_lost_one_does(workspace):
    path = objects.object_path(project.cache_of(workspace / "media"), listing(TWO))
    path.chmod(0o644)
    path.write_text("[]x")
    objects.place_bytes(project.cache_of(workspace / "media"), THREE)
    with pytest.raises(StoreError, match="1 listings or tables"):
        gc(workspace)


def test_what_the_remote_has_need_not_be_here(workspace, tmp_path):
    project.prepare(workspace, "../storage")
    (workspace / "specs/all.yaml").write_text(
        f"{SPECS}---\napiVersion: ymir/v1\nkind: Workspace\nremote: ../storage\n"
    )
    commit(workspace, "Remote")
    assert "objects stored" in run(workspace, command="push")
    cache = project.cache_of(workspace / "media")
    objects.object_path(cache, listing(TWO)).unlink()
    shutil.rmtree(project.cache_of(workspace))
    assert "1  object" in gc(workspace, "--yes")
    assert "objects fetched" in run(workspace, command="pull")
    assert digest(TWO) in stored(workspace)


def test_the_remote_is_collected_only_by_its_address(workspace, tmp_path):
    project.prepare(workspace, "../storage")
    specs = f"{SPECS}---\napiVersion: ymir/v1\nkind: Workspace\nremote: ../storage\n"
    (workspace / "specs/all.yaml").write_text(specs)
    commit(workspace, "Remote")
    run(workspace, command="push")
    forget(workspace, "site-2", "pets")
    before = _sent(tmp_path / "storage")
    gc(workspace, "--yes", "--keep", "tips")
    assert _sent(tmp_path / "storage") == before
    for wrong in ("../stores", ""):
        with pytest.raises(SpecError, match="is not the remote") as caught:
            gc(workspace, "--remote", wrong)
        assert "`../storage`" in str(caught.value.hint)
    assert "remote listing" in gc(workspace, "--remote", "../storage", "--keep", "tips")
    assert _sent(tmp_path / "storage") == before
    gc(workspace, "--remote", "../storage", "--yes")
    assert _sent(tmp_path / "storage") == before
    gc(workspace, "--remote", "../storage", "--keep", "tips", "--yes")
    assert _sent(tmp_path / "storage") == {digest(ONE), listing(ONE)}


def test_what_only_listings_on_the_remote_name_stays_there(workspace, tmp_path):
    project.prepare(workspace, "../storage")
    specs = f"{SPECS}---\napiVersion: ymir/v1\nkind: Workspace\nremote: ../storage\n"
    (workspace / "specs/all.yaml").write_text(specs)
    commit(workspace, "Remote")
    run(workspace, command="push")
    before = _sent(tmp_path / "storage")
    clone = tmp_path / "clone"
    run_git(tmp_path, "clone", "-q", workspace, clone)
    gc(clone, "--remote", "../storage", "--yes")
    assert _sent(tmp_path / "storage") == before
    with pytest.raises(SpecError, match="all listings are known"):
        gc(clone, "--remote", "../storage", "--despite-missing")


def test_a_shallow_clone_cannot_tell_what_history_needs(workspace, tmp_path):
    clone = tmp_path / "clone"
    commit(workspace, "More", "--allow-empty")
    run_git(tmp_path, "clone", "-q", "--depth", "1", f"file://{workspace}", clone)
    with pytest.raises(StoreError, match="older commits"):
        gc(clone)
    assert "nothing to remove" in gc(clone, "--keep", "workspace")


def test_a_workspace_without_git_keeps_what_its_files_name(workspace):
    shutil.rmtree(workspace / ".git")
    assert "nothing to remove" in gc(workspace)


def test_caches_go_when_asked_for(workspace):
    (workspace / ".ymir/sources").mkdir(parents=True)
    (workspace / ".ymir/sources/pets.parquet").write_bytes(b"12345")
    assert "nothing to remove" in gc(workspace)
    assert "1  cache       5 bytes" in gc(workspace, "--caches")
    gc(workspace, "--yes", "--caches")
    assert not (workspace / ".ymir/sources").exists()


def test_programs_get_a_list(workspace):
    cache = project.cache_of(workspace / "media")
    loose = objects.object_path(cache, objects.place_bytes(cache, THREE))
    assert json.loads(gc(workspace, "--json")) == {
        "removed": False,
        "bytes": 7,
        "waste": [{"path": str(loose), "kind": "object", "bytes": 7}],
    }


def test_nothing_is_removed_while_something_runs(workspace, tmp_path):
    run_git(workspace, "worktree", "add", "-q", "--detach", tmp_path / "other")
    with locked(tmp_path / "other"), pytest.raises(LockedError):
        gc(workspace, "--yes")


def test_killed_at_any_moment_it_has_removed_only_what_nothing_needs(workspace):
    before = stored(workspace)
    cache = project.cache_of(workspace / "media")
    for number in range(1000):
        objects.place_bytes(cache, b"loose %d" % number)
    command = ("gc", "-C", str(workspace), "--yes", "--grace", "0")
    running = subprocess.Popen([sys.executable, "-m", "ymir.cli.main", *command])
    while len(stored(workspace)) > 700 and running.poll() is None:
        time.sleep(0.001)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert before <= stored(workspace)
    gc(workspace, "--yes")
    assert stored(workspace) == before


def gc(workspace: Path, *options: str) -> str:
    """`ymir gc` where even the newest objects may go."""
    return run(workspace, "--grace", "0", *options)


def run(workspace: Path, *options: str, command: str = "gc") -> str:
    done = CliRunner().invoke(cli, [command, "-C", str(workspace), *options])
    if done.exception:
        raise done.exception
    return done.stdout


def record(workspace: Path, name: str, images: list[bytes]) -> None:
    made = workspace / ".ymir" / "made"
    made.mkdir(parents=True)
    write_table(table([{"image": digest(each)} for each in images]), made / "images.parquet")
    stage = Stage(name, "dataset", settings={"of": name})
    DvcStore(workspace).record(stage, recipe_for(stage, {}), made, {})
    shutil.rmtree(made)


def forget(workspace: Path, *names: str) -> None:
    """Delete pointers and commit that."""
    for name in names:
        path = f"media/pool/{name}.dvc" if name.startswith("site") else f"data/datasets/{name}"
        run_git(workspace, "rm", "-qr", path)
    commit(workspace, "Gone")


def _pointers(workspace: Path) -> dict[str, str]:
    found = (*workspace.glob("media/pool/*.dvc"), *workspace.glob("data/*/*/*.dvc"))
    return {str(path.relative_to(workspace)): path.read_text() for path in found}


def _restore(workspace: Path, pointers: dict[str, str]) -> None:
    for name, text in pointers.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text)


def commit(workspace: Path, message: str, *options: str) -> None:
    run_git(workspace, "add", ".")
    run_git(workspace, "commit", "-qm", message, *options)


def stored(workspace: Path) -> set[str]:
    """Every object in both caches."""
    return {
        f"{path.parent.name}{path.name}"
        for each in ("", "media")
        for path in project.cache_of(workspace / each).glob("*/*")
    }


def _sent(storage: Path) -> set[str]:
    """Every object on the remote."""
    return {f"{path.parent.name}{path.name}" for path in storage.rglob("files/md5/*/*")}


def pets(workspace: Path) -> str:
    """The listing of the dataset."""
    text = (workspace / "data/datasets/pets/v1.dvc").read_text()
    return text.split("md5: ")[1].split("\n")[0]


def digest(image: bytes) -> str:
    return objects.md5_of_bytes(image)


def listing(image: bytes) -> str:
    """The listing of a batch of one image."""
    name = digest(image)
    return f"{objects.md5_of_bytes(objects.tree_bytes({f'{name[:2]}/{name[2:]}.jpg': name}))}.dir"
