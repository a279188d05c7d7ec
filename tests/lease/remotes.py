"""A bare repository, clones of it, and leases that somebody has."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from ymir.lease.git import Git
from ymir.lease.heart import moment
from ymir.lease.lease import Lease
from ymir.lease.process import Process, this_process
from ymir.lease.refs import Refs, prefix_of
from ymir.lease.sights import Sights
from ymir.lease.taking import Found, Watch

PREFIX = prefix_of("")
ELSEWHERE = Process("far", "another boot/another space", 7, "1")


def git(folder: Path, *words: str) -> str:
    """A git command that must succeed."""
    done = subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def bare(folder: Path) -> Path:
    """A remote with one commit."""
    git(folder, "init", "-q", "--bare", "-b", "main", "remote.git")
    first = clone(folder, "first")
    (first / "a.txt").write_text("a")
    git(first, "add", "a.txt")
    git(first, "commit", "-qm", "One")
    git(first, "push", "-q", "-u", "origin", "HEAD:main")
    return folder / "remote.git"


def clone(folder: Path, name: str) -> Path:
    """A clone of the remote in the same folder."""
    git(folder, "clone", "-q", "remote.git", name)
    return folder / name


def refs(root: Path, name: str = "origin") -> Refs:
    """The leases, as one clone sees them."""
    return Refs(Git(root), name, name, PREFIX)


def lease(
    project: str = "pets",
    *,
    number: int = 1,
    process: Process | None = None,
    expiry: float = 60.0,
    folder: str = "/somewhere",
) -> Lease:
    """Of this process, or of one that is nowhere near."""
    return Lease(
        id=f"{number:012x}",
        project=project,
        holder=f"user{number}",
        **vars(process or this_process()),
        folder=folder,
        since=moment(),
        heartbeat=moment(),
        expiry=expiry,
        ymir="0",
    )


def watch(file: Path, told: list[Found], is_over: Callable[[Found], bool] | None = None) -> Watch:
    """Looks often; notes whom it was told of."""
    return Watch(Sights(file), told.append, is_over or (lambda found: True), pause=0.05)
