"""The remote of git, asked as often as is worth it when it does not answer."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

from ymir.errors import StoreError
from ymir.git import attempt, why
from ymir.publishing.target import Target

PAUSES = (1.0, 3.0)  # seconds between two tries
_IN_VAIN = ("Authentication failed", "Permission denied", "could not read Username", "403", "401")
PATIENCE = 300.0  # seconds for one conversation
# A connection that stands still for a minute is as good as none.
_STALLED = ("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60")
_ALONE = "--no-recurse-submodules"


class Refusal(NamedTuple):
    """A ref that the remote did not take."""

    ref: str
    why: str


def refs(workspace: Path, target: Target) -> Mapping[str, str]:
    """What the remote has: its branch, and its tags of rounds."""
    wanted = (target.ref, "refs/tags/*/r[0-9]*")
    listed = _answer(workspace, target, "ls-remote", "--quiet", target.remote, *wanted).stdout
    pairs = (line.split("\t") for line in listed.splitlines())
    return {name: commit for commit, name in pairs if not name.endswith("^{}")}


def fetch(workspace: Path, target: Target) -> None:
    """Bring the branch here, as far as this clone reaches back; no work tree changes."""
    wanted = f"+{target.ref}:{target.tracking}"
    _answer(workspace, target, "fetch", "--quiet", "--no-tags", _ALONE, target.remote, wanted)


def send(workspace: Path, target: Target, wanted: Collection[str]) -> tuple[Refusal, ...]:
    """Push; what the remote did not take. Nothing is ever forced."""
    asked = ("push", "--porcelain", "--no-follow-tags", _ALONE, target.remote, *wanted)
    lines = _answer(workspace, target, *asked).stdout.splitlines()
    told = (line.split("\t") for line in lines if line.startswith("!"))
    return tuple(Refusal(names.partition(":")[2], said) for _, names, said in told)


def has(workspace: Path, commit: str) -> bool:
    """Whether a commit is in this clone."""
    return attempt(workspace, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0


def is_in(workspace: Path, commit: str, other: str) -> bool:
    """Whether a commit is a part of the history of another one."""
    return attempt(workspace, "merge-base", "--is-ancestor", commit, other).returncode == 0


def _answer(workspace: Path, target: Target, *arguments: str) -> CompletedProcess[str]:
    """What comes of asking the remote, which may refuse refs one by one."""
    said = ""
    for pause in (*PAUSES, None):
        done = attempt(workspace, *_STALLED, *arguments, patience=PATIENCE)
        is_answer = any(line.startswith("!\t") for line in done.stdout.splitlines())
        if done.returncode == 0 or is_answer:
            return done
        said = done.stderr
        if pause is None or any(sign in said for sign in _IN_VAIN):
            break
        time.sleep(pause)
    raise StoreError(
        f"the git remote `{target.remote}` cannot be used: {why(said)}",
        hint="all is kept here: once it answers, `ymir push --git` sends it; "
        "`ymir apply --no-push` works without it",
    )
