"""DVC itself, as a user runs it, and workspaces to run it in."""

import os
import subprocess
import sys
from pathlib import Path

from ymir.dvc import folders, objects, pointer, project
from ymir.dvc.pointer import Pointer


def run_dvc(folder: Path, *arguments: str) -> str:
    """What `dvc …` prints in `folder`; it must succeed."""
    program = Path(sys.executable).parent / "dvc"
    site = folder.resolve().parents[1] / "site-cache"
    environment = {
        **os.environ,
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(site),
        "DVC_IGNORE_ISATTY": "",
    }
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_git(folder: Path, *arguments: str) -> str:
    """What `git …` prints in `folder`; it must succeed."""
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def new_workspace(folder: Path, remote: str | None = None) -> Path:
    """An empty workspace in a git repository of its own."""
    folder.mkdir(parents=True)
    run_git(folder, "init", "-q")
    project.prepare(folder, remote)
    return folder


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    """Fill a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def add_batch(workspace: Path, name: str, images: list[bytes]) -> Pointer:
    """Register a batch of images as the media store does: objects, links, a pointer."""
    media = workspace / project.MEDIA
    cache = project.cache_of(media)
    digests = [objects.place_bytes(cache, image) for image in images]
    entries = {f"{digest[:2]}/{digest[2:]}.jpg": digest for digest in digests}
    return folders.track(cache, media / "pool" / f"{name}.dvc", entries, {})


def files_under(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def digests_named(workspace: Path) -> set[str]:
    """Every object that a pointer at the root needs."""
    cache = project.cache_of(workspace)
    pointers = [pointer.read(path) for path in workspace.glob("data/*/*/*.dvc")]
    return {
        digest
        for each in pointers
        for digest in (each.digest, *folders.entries_of(cache, each.digest).values())
    }
