"""Where commits go: a remote of git and one of its branches, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ymir.errors import StoreError
from ymir.git import attempt, branch_here

_HEADS = "refs/heads/"
_NAME_IT = "name the branch: `--push-to main`"


@dataclass(frozen=True)
class Target:
    """A branch of a remote."""

    remote: str
    branch: str

    def __str__(self) -> str:
        return f"{self.remote}/{self.branch}"

    @property
    def ref(self) -> str:
        """The branch, as the remote calls it."""
        return f"{_HEADS}{self.branch}"

    @property
    def tracking(self) -> str:
        """Where this clone remembers it."""
        return f"refs/remotes/{self.remote}/{self.branch}"


def target(workspace: Path, asked: str | None, environment: Mapping[str, str]) -> Target:
    """The branch that was asked for, or that the work tree is on, or that CI works for."""
    here = branch_here(workspace)
    remote = _remote(workspace, here)
    if asked is not None:
        if attempt(workspace, "check-ref-format", f"{_HEADS}{asked}").returncode != 0:
            raise StoreError(
                f"`{asked}` cannot be the name of a branch",
                hint="name a branch as git does, e.g. `main`",
            )
        return Target(remote, asked)
    if here is not None:
        _refuse_other_name(workspace, here, remote)
        return Target(remote, here)
    named = branch_of_ci(environment)
    if named is None:
        raise StoreError(
            "the work tree is on no branch (a detached HEAD), so nobody can tell where to push",
            hint=_NAME_IT,
        )
    return Target(remote, named)


def branch_of_ci(environment: Mapping[str, str]) -> str | None:
    """The branch that a job of GitHub or GitLab works for; None of a tag or a pull request."""
    if environment.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return None
    ref, kind = environment.get("GITHUB_REF", _HEADS), environment.get("GITHUB_REF_TYPE", "branch")
    if ref.startswith(_HEADS) and kind == "branch" and environment.get("GITHUB_REF_NAME"):
        return environment["GITHUB_REF_NAME"]
    return environment.get("CI_COMMIT_BRANCH") or None


def _remote(workspace: Path, here: str | None) -> str:
    """The one that `git push` would take."""
    keys = ["remote.pushDefault"]
    if here is not None:
        keys = [f"branch.{here}.pushRemote", *keys, f"branch.{here}.remote"]
    known = attempt(workspace, "remote").stdout.split()
    named = (setting(workspace, key) for key in keys)
    found = next((each for each in named if each in known), None)
    if found or "origin" in known:
        return found or "origin"
    if len(known) == 1:
        return known[0]
    raise StoreError(
        f"git has {'several remotes' if known else 'no remote'} here, so nobody can tell where "
        "to push",
        hint="`git remote add origin URL`, or `git config remote.pushDefault NAME`",
    )


def _refuse_other_name(workspace: Path, here: str, remote: str) -> None:
    """A branch that follows one of another name might belong to either."""
    follows = setting(workspace, f"branch.{here}.merge").removeprefix(_HEADS)
    if follows not in ("", here) and setting(workspace, f"branch.{here}.remote") == remote:
        raise StoreError(
            f"the branch `{here}` follows `{remote}/{follows}`, so nobody can tell where to push",
            hint=f"say it: `--push-to {follows}` or `--push-to {here}`",
        )


def setting(workspace: Path, key: str) -> str:
    """One value of git's configuration; empty where it is not set."""
    return attempt(workspace, "config", "--get", key).stdout.strip()
