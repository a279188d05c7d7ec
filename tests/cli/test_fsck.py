import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.dvc.real import add_batch, files_under, run_git
from ymir.cli.main import cli
from ymir.data.table import table
from ymir.dvc import objects, project
from ymir.errors import LockedError
from ymir.lock import locked
from ymir.media.tables import write_table
from ymir.plan.snapshot import recipe_for
from ymir.plan.stage import Stage
from ymir.stores.dvc import DvcStore

SPECS = "apiVersion: ymir/v1\nkind: Labels\nclasses: [cat]\n"
REMOTE = "---\napiVersion: ymir/v1\nkind: Workspace\nremote: ../storage\n"
IMAGES = [b"image %d" % number for number in range(4)]
LOST = objects.md5_of_bytes(IMAGES[1])


@pytest.fixture
def workspace(tmp_path) -> Path:
    """A batch and the dataset that was made of it, whose files still lie in `raw/`."""
    folder = tmp_path / "workspace"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "all.yaml").write_text(SPECS + REMOTE)
    run_git(folder, "init", "-q", "-b", "main")
    project.prepare(folder, "../storage")
    add_batch(folder, "site-1", IMAGES)
    (folder / "raw").mkdir()
    rows = []
    for number, image in enumerate(IMAGES):
        (folder / "raw" / f"{number}.jpg").write_bytes(image)
        rows.append({"image": objects.md5_of_bytes(image), "file": f"{number}.jpg"})
    record(folder, "pets", rows)
    return folder


def test_a_sound_workspace_is_found_sound(workspace):
    assert fsck(workspace) == (0, [])
    run("push", workspace)
    assert fsck(workspace, "--remote", "--deep") == (0, [])


def test_what_was_changed_in_place_is_found_and_left_alone(workspace):
    path = damage(workspace, LOST)
    assert fsck(workspace) == (1, [("damaged", "media", LOST)])
    assert path.read_bytes() == b"damaged"


def test_what_is_damaged_goes_aside_and_comes_back_from_the_remote(workspace):
    run("push", workspace)
    shutil.rmtree(workspace / "raw")
    before = files_under(project.cache_of(workspace / "media"))
    damage(workspace, LOST)
    table_ = table_of(workspace)
    damage(workspace, table_, of="")
    assert fsck(workspace, "--fix") == (0, [])
    assert (workspace / ".ymir/quarantine/media" / LOST).read_bytes() == b"damaged"
    assert (workspace / ".ymir/quarantine/data" / table_).exists()
    assert files_under(project.cache_of(workspace / "media")) == before
    assert fsck(workspace) == (0, [])
    assert (workspace / f"media/pool/site-1/{LOST[:2]}/{LOST[2:]}.jpg").read_bytes() == IMAGES[1]
    assert DvcStore(workspace).open("pets").is_dir()


def test_an_image_comes_back_from_the_file_that_it_was_imported_from(workspace):
    damage(workspace, LOST)
    (workspace / "raw" / "2.jpg").write_bytes(b"changed since")
    other = objects.md5_of_bytes(IMAGES[2])
    damage(workspace, other)
    assert fsck(workspace, "--fix") == (1, [("damaged", "media", other)])
    assert path_of(workspace, LOST).read_bytes() == IMAGES[1]
    assert path_of(workspace, LOST).stat().st_ino != (workspace / "raw" / "1.jpg").stat().st_ino
    assert fsck(workspace) == (1, [("missing", "media", other)])


def test_what_is_missing_comes_back_from_a_folder_that_is_laid_out(workspace):
    """Tables that were copied, and the listings of both projects, which say what they list."""
    shutil.rmtree(workspace / "raw")
    shutil.rmtree(workspace / ".dvc/cache")
    shutil.rmtree(workspace / "media/.dvc/cache")
    code, found = fsck(workspace)
    assert code == 1
    assert [kind for kind, _, _ in found] == ["missing", "missing"]
    assert fsck(workspace, "--fix") == (0, [])
    assert fsck(workspace) == (0, [])
    assert len(files_under(project.cache_of(workspace / "media"))) == len(IMAGES) + 1


def test_what_nobody_has_any_more_stays_a_problem(workspace):
    shutil.rmtree(workspace / "raw")
    shutil.rmtree(workspace / "media/pool/site-1")
    path_of(workspace, LOST).unlink()
    assert fsck(workspace, "--fix") == (1, [("missing", "media", LOST)])


def test_what_was_not_fetched_is_no_problem(workspace):
    run("push", workspace)
    shutil.rmtree(workspace / "media/.dvc/cache")
    assert fsck(workspace) == (0, [])


def test_a_file_that_can_be_written_is_made_read_only_once_it_is_known_to_be_sound(workspace):
    path_of(workspace, LOST).chmod(0o644)
    assert fsck(workspace) == (1, [("mode", "media", LOST)])
    assert fsck(workspace, "--fix") == (0, [])
    assert path_of(workspace, LOST).stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("text", ["[]x", '[{"md5": "00", "relpath": "../../x"}]', "{"])
def test_a_listing_that_was_broken_from_the_start_is_named(workspace, text):
    cache = project.cache_of(workspace / "media")
    digest = objects.place_bytes(cache, text.encode(), suffix=".dir")
    path = workspace / "media/pool/site-2.dvc"
    path.write_text(f"outs:\n- md5: {digest}\n  nfiles: 1\n  path: site-2\n")
    assert fsck(workspace, "--fix") == (1, [("listing", "media", digest)])


def test_a_pointer_that_cannot_be_read_is_named(workspace):
    (workspace / "data/datasets/pets/v1.dvc").write_text("<<<<<<< HEAD\n")
    assert fsck(workspace, "--fix") == (1, [("pointer", "data", "data/datasets/pets/v1.dvc")])


def test_what_the_remote_has_lost_is_found_and_sent_by_the_next_push(workspace, tmp_path):
    run("push", workspace)
    path_of(tmp_path / "storage", LOST, "media/files/md5").unlink()
    assert "the remote has everything" in run("push", workspace)
    assert fsck(workspace, "--remote") == (1, [("remote-lost", "media", LOST)])
    assert "1 objects stored" in run("push", workspace)
    assert "the remote has everything" in run("push", workspace)
    assert fsck(workspace, "--remote") == (0, [])


def test_what_the_remote_has_lost_is_sent_again_at_once(workspace, tmp_path):
    run("push", workspace)
    path_of(tmp_path / "storage", LOST, "media/files/md5").unlink()
    assert fsck(workspace, "--remote", "--fix") == (0, [])
    assert fsck(workspace, "--remote") == (0, [])


def test_what_is_damaged_on_the_remote_is_found_only_by_reading_it(workspace, tmp_path):
    run("push", workspace)
    overwrite(path_of(tmp_path / "storage", LOST, "media/files/md5"))
    assert fsck(workspace, "--remote") == (0, [])
    assert fsck(workspace, "--deep") == (1, [("remote-damaged", "media", LOST)])
    assert fsck(workspace, "--deep", "--fix") == (0, [])
    assert fsck(workspace, "--deep") == (0, [])


def test_damaged_bytes_from_the_remote_do_not_count(workspace, tmp_path):
    run("push", workspace)
    shutil.rmtree(workspace / "raw")
    overwrite(path_of(tmp_path / "storage", LOST, "media/files/md5"))
    damage(workspace, LOST)
    assert fsck(workspace, "--fix") == (1, [("damaged", "media", LOST)])
    assert not path_of(workspace, LOST).exists()


def test_what_was_never_sent_is_no_loss(workspace):
    assert fsck(workspace, "--remote") == (0, [])


def test_a_part_of_the_objects_can_be_read(workspace):
    damage(workspace, LOST)
    assert fsck(workspace, "--sample", "0") == (0, [])
    assert fsck(workspace, "--sample", "1")[0] == 1


def test_people_are_told_what_is_wrong(workspace):
    damage(workspace, LOST)
    said = run("fsck", workspace)
    assert f"media: {LOST}: its content is not what its name says" in said
    assert "`ymir fsck --fix`" in said
    said = run("fsck", workspace, "--fix")
    assert "(mended)" in said
    assert "1 of 1 problems mended" in said
    assert "everything is sound" in run("fsck", workspace)


def test_nothing_is_mended_while_something_runs(workspace):
    with locked(workspace):
        assert fsck(workspace) == (0, [])
        with pytest.raises(LockedError):
            fsck(workspace, "--fix")


def test_killed_at_any_moment_nothing_is_lost(workspace):
    run("push", workspace)
    before = files_under(project.cache_of(workspace / "media"))
    shutil.rmtree(workspace / "raw")
    for pause in (0.0, 0.3, 0.6, 0.9, 1.2):
        damage(workspace, LOST)
        command = ("fsck", "-C", str(workspace), "--fix")
        running = subprocess.Popen([sys.executable, "-m", "ymir.cli.main", *command])
        time.sleep(pause)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert fsck(workspace, "--fix") == (0, [])
        run("pull", workspace)
        assert files_under(project.cache_of(workspace / "media")) == before


def fsck(workspace: Path, *options: str) -> tuple[int, list[tuple[str, str, str]]]:
    """The exit code, and what is left of the problems."""
    done = CliRunner().invoke(cli, ["fsck", "-C", str(workspace), "--json", *options])
    if done.exception and not isinstance(done.exception, SystemExit | typer.Exit):
        raise done.exception
    left = json.loads(done.stdout)["left"]
    return done.exit_code, [(each["kind"], each["project"], each["name"]) for each in left]


def run(command: str, workspace: Path, *options: str) -> str:
    done = CliRunner().invoke(cli, [command, "-C", str(workspace), *options])
    if done.exception and not isinstance(done.exception, SystemExit | typer.Exit):
        raise done.exception
    return done.stdout


def record(workspace: Path, name: str, rows: list[dict]) -> None:
    made = workspace / ".ymir" / "made"
    made.mkdir(parents=True)
    write_table(table(rows), made / "images.parquet")
    stage = Stage(name, "dataset", settings={"from": {"format": "voc", "path": "raw"}})
    DvcStore(workspace).record(stage, recipe_for(stage, {}), made, {})
    shutil.rmtree(made)


def table_of(workspace: Path) -> str:
    """The table of the dataset."""
    return objects.md5_of_file(workspace / "data/datasets/pets/v1/images.parquet")


def path_of(folder: Path, digest: str, inside: str = "media/.dvc/cache/files/md5") -> Path:
    return objects.object_path(folder / inside, digest)


def damage(workspace: Path, digest: str, of: str = "media") -> Path:
    path = objects.object_path(project.cache_of(workspace / of), digest)
    overwrite(path)
    return path


def overwrite(path: Path) -> None:
    """As somebody does who edits a file that is linked to an object."""
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.truncate()
        file.write(b"damaged")
    path.chmod(0o444)
    os.utime(path)
