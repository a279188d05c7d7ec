"""One commit of somebody's git repository: fetched alone, never checked out, read file by file."""

import os
import re
import subprocess
from pathlib import Path

from ymir.errors import DataError, StoreError
from ymir.spec.addresses import FILE, local_path, scheme_of

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
_QUIETLY = {
    "core.hooksPath": os.devnull,
    "fetch.recurseSubmodules": "no",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",  # seconds without a byte
}
_NOT_THERE = ("couldn't find remote ref", "not our ref", "unadvertised object", "not a valid")


def fetch_commit(url: str, rev: str, repository: Path, workspace: Path) -> str:
    """Fetch the commit that a tag or a full id names, without its history; return its id.

    A branch is refused: it moves, and what is imported must not.
    """
    path = local_path(url)
    address = url if path is None else str((workspace / path).resolve())
    scheme = FILE if path is not None else scheme_of(url) or "ssh"
    wanted = rev if _COMMIT.fullmatch(rev) else f"refs/tags/{rev}"
    repository.mkdir(parents=True, exist_ok=True)
    _must(_run(repository, FILE, "init", "--quiet", "--template="), url, rev)
    options = ("--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules")
    _must(_run(repository, scheme, "fetch", *options, "--", address, wanted), url, rev)
    found = _run(repository, FILE, "rev-parse", "--verify", "FETCH_HEAD^{commit}")
    _must(found, url, rev)
    return found.stdout.strip()


def text_of(repository: Path, commit: str, name: str) -> str | None:
    """The text of a file in a commit; None if there is none."""
    done = _run(repository, FILE, "cat-file", "blob", f"{commit}:{name}")
    return done.stdout if done.returncode == 0 else None


def names_in(repository: Path, commit: str, folder: str) -> list[str]:
    """The names of what lies in a folder of a commit."""
    done = _run(repository, FILE, "ls-tree", "--name-only", "-z", f"{commit}:{folder}")
    return [name for name in done.stdout.split("\0") if name] if done.returncode == 0 else []


def _run(folder: Path, scheme: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git with one protocol allowed: what a repository refers to may not lead elsewhere."""
    inherited = {key: value for key, value in os.environ.items() if key not in _OF_HOOKS}
    settings = [word for key, value in _QUIETLY.items() for word in ("-c", f"{key}={value}")]
    alone = {"GIT_ALLOW_PROTOCOL": scheme, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    ssh = {"GIT_SSH_COMMAND": inherited.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")}
    try:
        return subprocess.run(  # noqa: S603 - the address was checked, and stands behind `--`
            ["git", *settings, *arguments],  # noqa: S607 - the user's git
            cwd=folder,
            env={**inherited, **alone, **ssh},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise StoreError("git is not installed", hint="install git 2.30 or newer") from error


def _must(done: subprocess.CompletedProcess[str], url: str, rev: str) -> None:
    if done.returncode == 0:
        return
    said = " / ".join(line.strip() for line in done.stderr.splitlines() if line.strip())
    if any(sign in said for sign in _NOT_THERE):
        raise DataError(
            f"`{url}` has no tag or commit `{rev}`",
            hint="name a tag, or the full id of a commit; a branch moves and cannot be named",
        )
    raise DataError(
        f"`{url}` cannot be fetched: {said or 'git failed'}",
        hint="check `from: git: url:`, and that `git ls-remote` can read it without asking",
    )
