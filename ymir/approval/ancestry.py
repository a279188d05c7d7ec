"""What git says of a workspace's past, as far as approvals ask."""

from collections.abc import Iterator
from pathlib import Path

from ymir.git import attempt, history, is_repository, output


def first_commit(workspace: Path) -> str | None:
    """The commit that a history begins with; of several, always the same one."""
    found = attempt(workspace, "rev-list", "--max-parents=0", "HEAD")
    return min(found.stdout.split(), default=None) if found.returncode == 0 else None


def prefix(workspace: Path) -> str:
    """Where the workspace lies in its repository; empty at its root."""
    return output(workspace, "rev-parse", "--show-prefix").strip()


def is_before(workspace: Path, commit: str, other: str) -> bool:
    """Whether the other commit has this one in its past; no, where one of them is not here."""
    ids = (f"{commit}^{{commit}}", f"{other}^{{commit}}")
    return attempt(workspace, "merge-base", "--is-ancestor", *ids).returncode == 0


def commits_of(workspace: Path, plan: str) -> Iterator[dict[str, str]]:
    """The commits in which an approved plan recorded what it made, newest first."""
    if is_repository(workspace):
        yield from (each for each in history(workspace) if each.get("plan") == plan)
