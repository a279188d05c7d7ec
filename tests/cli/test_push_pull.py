import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.dvc.real import add_batch, files_under, run_git
from ymir.cli.main import cli
from ymir.data.table import table
from ymir.dvc import away, objects, project
from ymir.errors import LockedError, StoreError
from ymir.lock import locked
from ymir.media.tables import write_table
from ymir.plan.snapshot import recipe_for
from ymir.plan.stage import Stage
from ymir.stores.dvc import DvcStore

LABELS = "apiVersion: ymir/v1\nkind: Labels\nclasses: [helmet_head]\n"
WORKSPACE = "---\napiVersion: ymir/v1\nkind: Workspace\nremote: ../storage\n"


@pytest.fixture
def workspace(tmp_path) -> Path:
    folder = tmp_path / "workspace"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "all.yaml").write_text(LABELS + WORKSPACE)
    run_git(folder, "init", "-q")
    project.prepare(folder)
    add_batch(folder, "site-1", [b"image 1", b"image 2"])
    return folder


def test_what_one_workspace_pushes_a_clone_pulls(workspace):
    assert "3 objects stored" in _run("push", workspace)
    assert "the remote has everything" in _run("push", workspace)
    run_git(workspace, "add", ".")
    run_git(workspace, "commit", "-qm", "All")
    clone = workspace.parent / "clone"
    run_git(workspace.parent, "clone", "-q", workspace, clone)
    assert "3 objects fetched" in _run("pull", clone)
    assert "everything is here" in _run("pull", clone)
    assert files_under(clone / "media/pool") == files_under(workspace / "media/pool") != {}
    assert run_git(clone, "status", "--porcelain") == ""


def test_what_a_tag_names_can_be_pulled_where_it_is_checked_out(workspace):
    for kind in ("judge", "mine"):
        _made(workspace, f"pets/r1/{kind}", kind)
        run_git(workspace, "add", ".")
        run_git(workspace, "commit", "-qm", kind)
        if kind == "judge":
            run_git(workspace, "tag", "pets/r1")
    _run("push", workspace)
    clone = workspace.parent / "clone"
    run_git(workspace.parent, "clone", "-q", workspace, clone)
    run_git(clone, "checkout", "-q", "pets/r1")
    _run("pull", clone)
    assert [path.name for path in (clone / "data").rglob("*.txt")] == ["judge.txt"]
    assert "the remote has everything" in _run("push", workspace)


def _made(workspace, name, kind):
    made = workspace / ".ymir" / kind
    made.mkdir(parents=True)
    (made / f"{kind}.txt").write_text(kind)
    stage = Stage(name, kind, {})
    DvcStore(workspace).record(stage, recipe_for(stage, {}), made, {})


def test_what_people_keep_with_dvc_themselves_stays_where_they_push_it(workspace):
    mine = workspace.parent / "mine"
    config = workspace / ".dvc" / "config"
    config.write_text(f"[core]\n    remote = mine\n['remote \"mine\"']\n    url = {mine}\n")
    project.prepare(workspace)
    assert "3 objects stored" in _run("push", workspace)
    assert "remote = mine" in config.read_text()
    assert "type =" not in config.read_text()
    run_git(workspace, "add", ".")
    run_git(workspace, "commit", "-qm", "All")
    clone = workspace.parent / "clone"
    run_git(workspace.parent, "clone", "-q", workspace, clone)
    assert "3 objects fetched" in _run("pull", clone)
    assert run_git(clone, "status", "--porcelain") == ""
    assert not mine.exists()


def test_programs_get_json(workspace):
    assert json.loads(_run("push", workspace, "--json")) == {"objects": 3}
    assert json.loads(_run("pull", workspace, "--json")) == {"objects": 0}


def test_without_a_remote_nothing_is_pushed(workspace):
    (workspace / "specs" / "all.yaml").write_text(LABELS)
    with pytest.raises(StoreError, match="no remote"):
        _run("push", workspace)


def test_a_folder_that_is_gone_comes_back(workspace):
    shutil.rmtree(workspace / "media/pool/site-1")
    assert "everything is here" in _run("pull", workspace)
    assert len(files_under(workspace / "media/pool/site-1")) == 2


@pytest.mark.parametrize("place", ["media/.dvc/cache/files/md5", "media/pool/site-1"])
def test_what_is_gone_is_noticed_though_all_was_here(workspace, place):
    """That all is here is remembered; a file that goes changes its folder."""
    _run("push", workspace)
    assert "everything is here" in _run("pull", workspace)
    assert (workspace / ".ymir/whole").exists()
    assert "everything is here" in _run("pull", workspace)
    before = files_under(workspace / place)
    victim = next(path for path in (workspace / place).rglob("*") if path.is_file())
    victim.unlink()
    _run("pull", workspace)
    assert files_under(workspace / place) == before


def test_a_batch_that_another_commit_names_is_fetched_though_all_was_here(workspace):
    _run("push", workspace)
    clone = _cloned(workspace)
    _run("pull", clone)
    assert "everything is here" in _run("pull", clone)
    add_batch(workspace, "site-2", [b"image 3"])
    _run("push", workspace)
    run_git(workspace, "add", ".")
    run_git(workspace, "commit", "-qm", "More")
    run_git(clone, "pull", "-q")
    assert "2 objects fetched" in _run("pull", clone)


def test_killed_at_any_moment_both_go_on_where_they_were(workspace):
    """A remote that seems to have everything has it."""
    add_batch(workspace, "site-2", [b"another %d" % number for number in range(300)])
    everything = _stored(workspace / "media")
    remote = workspace.parent / "storage/media/files/md5"
    for pause in (0.6, 0.9, 1.2):
        _killed("push", workspace, pause)
        if away.has_everything(workspace):
            assert _objects(remote) == everything
    clone = _cloned(workspace)
    assert _objects(remote) == everything
    for pause in (0.6, 0.9, 1.2):
        _killed("pull", clone, pause)
    _run("pull", clone)
    assert _stored(clone / "media") == _stored(workspace / "media")
    assert files_under(clone / "media/pool") == files_under(workspace / "media/pool")


def test_pulling_waits_for_no_running_apply(workspace):
    with locked(workspace), pytest.raises(LockedError):
        _run("pull", workspace)


def test_pushing_nothing_new_does_not_even_import_dvc(workspace):
    _run("push", workspace)
    assert _modules_of("push", workspace).isdisjoint({"dvc", "polars"})
    assert _modules_of("pull", workspace).isdisjoint({"dvc", "polars"})


def test_one_dataset_is_fetched_with_its_images_only(workspace):
    """The images of a batch that it does not hold stay away."""
    wanted = _record(workspace, "cats", [b"image 2"])
    _record(workspace, "dogs", [b"image 1"])
    clone = _cloned(workspace)
    assert "4 objects fetched" in _run("pull", clone, "cats")
    assert "everything is here" in _run("pull", clone, "cats@v1")
    assert _stored(clone / "media") == set(wanted)
    assert not list(clone.glob("media/pool/*/"))
    assert (clone / "data/datasets/cats/v1/images.parquet").is_file()
    assert not (clone / "data/datasets/dogs/v1").exists()
    assert run_git(clone, "status", "--porcelain") == ""


def test_tables_come_without_images(workspace):
    _record(workspace, "cats", [b"image 2"])
    clone = _cloned(workspace)
    assert "3 objects fetched" in _run("pull", clone, "--no-media")
    assert _stored(clone / "media") == set()
    assert "everything is here" in _run("pull", clone, "cats", "--no-media")
    assert "1 objects fetched" in _run("pull", clone, "cats")
    assert "2 objects fetched" in _run("pull", clone)


def test_a_name_that_nothing_has_is_named(workspace):
    with pytest.raises(StoreError, match="`cows@v7` is not recorded"):
        _run("pull", workspace, "cows@v7")


def _record(workspace: Path, name: str, images: list[bytes]) -> list[str]:
    digests = [objects.md5_of_bytes(each) for each in images]
    made = workspace / ".ymir" / "made"
    made.mkdir(parents=True)
    write_table(table([{"image": each} for each in digests]), made / "images.parquet")
    (made / "import.json").write_text(f'"{name}"')
    stage = Stage(name, "dataset", settings={"of": name})
    DvcStore(workspace).record(stage, recipe_for(stage, {}), made, {})
    shutil.rmtree(made)
    return digests


def _cloned(workspace: Path) -> Path:
    _run("push", workspace)
    run_git(workspace, "add", ".")
    run_git(workspace, "commit", "-qm", "All")
    clone = workspace.parent / "clone"
    run_git(workspace.parent, "clone", "-q", workspace, clone)
    return clone


def _stored(project_folder: Path) -> set[str]:
    return _objects(project.cache_of(project_folder))


def _objects(store: Path) -> set[str]:
    """What lies there, but for what a killed program was writing."""
    names = {f"{path.parent.name}{path.name}" for path in store.glob("*/*")}
    return {name for name in names if objects.is_digest(name)}


def _killed(command: str, workspace: Path, pause: float) -> None:
    words = [sys.executable, "-m", "ymir.cli.main", command, "-C", str(workspace)]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    time.sleep(pause)
    running.kill()
    running.wait()


def _modules_of(command: str, workspace: Path) -> set[str]:
    program = (
        "import sys; from ymir.cli.main import cli; cli(sys.argv[1:], standalone_mode=False);"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command, "-C", str(workspace)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


def _run(command: str, workspace: Path, *options: str) -> str:
    done = CliRunner().invoke(cli, [command, "-C", str(workspace), *options])
    if done.exception:
        raise done.exception
    return done.stdout
