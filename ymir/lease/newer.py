"""Whether the remote's branch has records that this clone lacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ymir.lease.git import Git
from ymir.lease.refs import UnreachableError

_ENV_BRANCHES = ("CI_COMMIT_BRANCH", "GITHUB_HEAD_REF", "GITHUB_REF_NAME")


def remote_of(git: Git, wished: str | None) -> str | None:
    """The remote of the branch, or the only one, or `origin`; None where there is none."""
    names = git("remote").out.split()
    if wished:
        return wished if wished in names else None
    own = git("config", "--get", f"branch.{_branch(git)}.remote").out.strip()
    likely = [own, *(names if len(names) == 1 else []), "origin"]
    return next((name for name in likely if name in names), None)


def address_of(git: Git, remote: str) -> str:
    """Where a remote is pushed to, so that leases are read where they are written.

    Not its name: under that, git notes in refs of its own what is pushed, if the user wants it so.
    """
    return git("remote", "get-url", "--push", remote).out.strip() or remote


def branch_on(git: Git, remote: str, environment: Mapping[str, str]) -> str | None:
    """The remote's branch that this clone works on; CI services check out a commit without one."""
    if not (here := _branch(git)):
        return next((environment[each] for each in _ENV_BRANCHES if environment.get(each)), None)
    if git("config", "--get", f"branch.{here}.remote").out.strip() == remote:
        merged = git("config", "--get", f"branch.{here}.merge").out.strip()
        return merged.removeprefix("refs/heads/") or here
    return here


def newer_files(git: Git, remote: str, branch: str, patterns: Collection[str]) -> list[str]:
    """Files of these patterns that commits of the remote's branch have touched and ours lacks."""
    said = git("ls-remote", "--quiet", remote, f"refs/heads/{branch}")
    if said.code:
        raise UnreachableError(f"the git remote `{remote}` does not answer: {said.why}")
    tip = said.out.partition("\t")[0]
    if not tip or git("merge-base", "--is-ancestor", tip, "HEAD").code == 0:
        return []
    fetch = ("--quiet", "--no-tags", "--no-prune", "--no-write-fetch-head", "--refmap=")
    git("fetch", *fetch, "--recurse-submodules=no", remote, tip)
    named = [f":(glob){each}" for each in patterns]
    shown = ("--format=", "--name-only", "--relative", "-z")
    listed = git("log", *shown, f"HEAD..{tip}", "--", *named)
    if listed.code:
        raise UnreachableError(f"`{branch}` of the git remote `{remote}`: {listed.why}")
    return sorted({name.strip() for name in listed.out.split("\0") if name.strip()})


def _branch(git: Git) -> str:
    return git("symbolic-ref", "--quiet", "--short", "HEAD").out.strip()
