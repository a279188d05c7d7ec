"""Ways in which a workspace is broken on purpose; each is undone by the command given for it."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.workspaces import Workspace
from ymir.dvc import folders, pointer
from ymir.dvc.objects import object_path
from ymir.dvc.project import cache_of

Break = Callable[[Workspace], None]
LONG_AGO = time.time() - 30 * 86_400
TABLE = "data/datasets/base/v1"


def aged(path: Path) -> None:
    os.utime(path, (LONG_AGO, LONG_AGO))


def lock_index(it: Workspace) -> None:
    (it.root / ".git/index.lock").touch()
    aged(it.root / ".git/index.lock")


def leave_merge(it: Workspace) -> None:
    """Two people edited the same line, and one of them went home."""
    file = it.root / "specs" / "workspace.yaml"
    text = file.read_text()
    it.run("git", "switch", "--quiet", "-c", "other")
    file.write_text(f"# theirs\n{text}")
    it.run("git", "commit", "--quiet", "-am", "Theirs")
    it.run("git", "switch", "--quiet", "main")
    file.write_text(f"# ours\n{text}")
    it.run("git", "commit", "--quiet", "-am", "Ours")
    it.run("sh", "-c", "git merge --quiet other || true")


def forget_history(it: Workspace) -> None:
    shutil.rmtree(it.root / ".git")


def detach(it: Workspace) -> None:
    it.run("git", "checkout", "--quiet", "--detach")


def ignore_nothing(it: Workspace) -> None:
    file = it.root / ".gitignore"
    file.write_text(file.read_text().replace("/.ymir/\n", ""))


def track_state(it: Workspace) -> None:
    (it.root / ".ymir/notes.txt").write_text("mine")
    it.run("git", "add", "--force", ".ymir/notes.txt")
    it.run("git", "commit", "--quiet", "-m", "Too much")


def keep_branch(it: Workspace) -> None:
    it.run("git", "switch", "--quiet", "-c", "ymir/kept/main-0123456789")
    it.run("git", "commit", "--quiet", "--allow-empty", "-m", "Recorded elsewhere")
    it.run("git", "switch", "--quiet", "main")


def uncommit(it: Workspace) -> None:
    """As after a kill between the record of a stage and its commit."""
    it.run("git", "reset", "--quiet", "--mixed", "HEAD~2")
    it.run("git", "add", "specs")
    it.run("git", "commit", "--quiet", "--allow-empty", "-m", "Specs")


def remove_tag(it: Workspace) -> None:
    it.run("git", "tag", "--delete", "pets/r1")


def move_tag(it: Workspace) -> None:
    it.run("git", "tag", "--force", "pets/r1", "HEAD~6")


def commit_alone(it: Workspace) -> None:
    it.run("git", "commit", "--quiet", "--allow-empty", "-m", "Mine")


def garble_config(it: Workspace) -> None:
    (it.root / ".dvc/config").write_text("[core\n<<<<<<< HEAD\n")


def remove_config(it: Workspace) -> None:
    (it.root / "media/.dvc/config").unlink()


def forget_remote(it: Workspace) -> None:
    (it.root / ".dvc/config").write_text("[core]\n    analytics = false\n")


def tear_lock(it: Workspace) -> None:
    (it.root / ".dvc/tmp").mkdir(exist_ok=True)
    (it.root / ".dvc/tmp/rwlock").write_text('{"/data": {"wri')


def remove_pointer(it: Workspace) -> None:
    (it.root / f"{TABLE}.dvc").unlink()


def edit_table(it: Workspace) -> None:
    draft = it.root / TABLE / "draft"
    draft.write_bytes(b"edited")
    draft.replace(it.root / TABLE / "images.parquet")


def write_into_store(it: Workspace) -> None:
    """The file is a link to what is stored, as disks without reflinks have it."""
    file, stored = it.root / TABLE / "images.parquet", object_path(cache_of(it.root), digest_of(it))
    file.unlink()
    file.hardlink_to(stored)
    file.chmod(0o644)
    file.write_bytes(b"written")


def unfetch(it: Workspace) -> None:
    shutil.rmtree(it.root / ".dvc/cache/files")


def lose(it: Workspace) -> None:
    """Neither the cache nor the remote has it; the folder that is laid out does."""
    for cache in (cache_of(it.root), store_of(it)):
        object_path(cache, digest_of(it)).unlink()


def tear(it: Workspace) -> None:
    path = object_path(cache_of(it.root), digest_of(it))
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[: len(whole) // 2])
    path.chmod(0o444)


def rot(it: Workspace) -> None:
    """A byte of an image has changed on the disk; its size and its times have not."""
    path = next((it.root / "media/.dvc/cache/files/md5").glob("[0-9a-f][0-9a-f]/*[0-9a-f]"))
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    path.chmod(0o444)


def unsend(it: Workspace) -> None:
    object_path(store_of(it), pointer.read(it.root / f"{TABLE}.dvc").digest).unlink()


def lose_there(it: Workspace) -> None:
    object_path(store_of(it), digest_of(it)).unlink()


def kill(it: Workspace) -> None:
    """While it holds the workspace."""
    log = it.root.parent / "effects.txt"
    assert it.disturbed("apply", "--no-lease", log=str(log)).returncode == 3
    effects = log.read_text().splitlines()
    held = next(at for at, line in enumerate(effects, 1) if "holder.json" in line)
    for later in range(2, 60, 6):  # effects before it differ from run to run
        it.disturbed("apply", "--no-lease", at=held + later, do="kill")
        if (it.root / ".ymir/holder.json").exists():
            return
    raise AssertionError("it was never killed while it held the workspace")


def outlive_spec(it: Workspace) -> None:
    spec = it.root / "specs/former.yaml"
    cats = "then: [{op: filter, labels: [cat]}]"
    spec.write_text(f"apiVersion: ymir/v1\nkind: Dataset\nname: former\nmerge: [base]\n{cats}\n")
    assert it.ymir("apply", "--target", "former").returncode in (0, 3)
    spec.unlink()


def take_batch_away(it: Workspace) -> None:
    shutil.rmtree(it.root / "labels")


def leave_half(it: Workspace) -> list[Path]:
    """What a command that is killed leaves; files keep the time of their making."""
    names = ("media/pool/.batch.0123.tmp", "data/datasets/base/.v2.dvc.0123.tmp")
    for name in names:
        (it.root / name).touch()
    return [it.root / name for name in names]


def leave_folder(it: Workspace) -> None:
    file = it.root / "data/datasets/ghost/v1/images.parquet"
    file.parent.mkdir(parents=True)
    file.touch(mode=0o444)


def put_aside(it: Workspace) -> None:
    (it.root / ".ymir/quarantine/data").mkdir(parents=True)
    (it.root / ".ymir/quarantine/data/0123").touch()


def digest_of(it: Workspace) -> str:
    """The object of a table."""
    cache = cache_of(it.root)
    listing = pointer.read(it.root / f"{TABLE}.dvc").digest
    return folders.entries_of(cache, listing)["images.parquet"]


def store_of(it: Workspace) -> Path:
    """Where the remote keeps tables."""
    return it.root.parent / "store/files/md5"
