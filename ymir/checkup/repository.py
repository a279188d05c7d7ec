"""Git: what is under way, what is locked, what is only here."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ymir import git
from ymir.checkup.finding import Finding, Severity
from ymir.dvc.tracked import TRACKED, paths_of
from ymir.errors import StoreError
from ymir.plan.stage import RoundOf
from ymir.publishing.publish import KEPT
from ymir.publishing.target import Target, target

_OLDEST = (2, 30)
_LOCKS = ("index.lock", "HEAD.lock", "packed-refs.lock", "config.lock")
_STALE = 60.0  # seconds; git holds its locks for moments
_UNDER_WAY = {  # a file of git's folder -> what is under way, and how it is given up
    "MERGE_HEAD": ("a merge", "git merge --abort"),
    "rebase-merge": ("a rebase", "git rebase --abort"),
    "rebase-apply": ("a rebase", "git rebase --abort"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --abort"),
    "REVERT_HEAD": ("a revert", "git revert --abort"),
    "BISECT_LOG": ("a bisection", "git bisect reset"),
}


def look(workspace: Path) -> Iterator[Finding]:
    """All that git says without a look at any remote."""
    if not git.is_repository(workspace):
        what = "lies in no git repository: nothing keeps its history"
        yield _found("no-repository", "warning", what, "git init", "the workspace")
        return
    yield from _version(workspace)
    folder = Path(git.output(workspace, "rev-parse", "--absolute-git-dir").strip())
    yield from _locks(workspace, folder)
    yield from _under_way(folder)
    yield from _head(workspace)
    yield from _ignored(workspace)
    yield from _kept(workspace)


def left(paths: Collection[Path], workspace: Path) -> Iterator[Finding]:
    """What ymir recorded and no commit holds: a run was killed, or git refused."""
    if paths:
        first = min(path.relative_to(workspace).as_posix() for path in paths)
        what = f"{len(paths)} records are in no commit: a run was cut off"
        yield Finding("git", "uncommitted", "warning", first, what, "ymir apply")


def unsent(workspace: Path) -> Iterator[Finding]:
    """Commits that no remote has, as far as this clone knows."""
    if not git.is_repository(workspace) or git.head(workspace) is None:
        return
    if not git.attempt(workspace, "remote").stdout.strip():
        return
    try:
        branch = target(workspace, None, {})
    except StoreError:  # on no branch, or of an unclear name: pushing says so
        return
    if count := _ahead(workspace, branch):
        what = f"{count} commits are only here, as far as this clone knows"
        yield _found("unpushed", "warning", what, "ymir push --git", str(branch))


def tags(workspace: Path, judged: Collection[RoundOf]) -> Iterator[Finding]:
    """Rounds that were reported in a commit without their tag, or whose tag is elsewhere."""
    if not git.is_repository(workspace) or git.is_shallow(workspace):
        return
    form = "--format=%(refname:strip=2)%00%(contents:trailers)%01"
    listed = git.output(workspace, "for-each-ref", form, "refs/tags").split("\x01")
    known = dict(each.strip("\n").split("\0") for each in listed if each.strip())
    wrong = [each for each in judged if not _is_right(workspace, each, known)]
    made = _reports(workspace) if wrong else {}
    for each in wrong:
        name = f"{each.project}/r{each.number}"
        if commit := made.get(each):
            what = "lies elsewhere than at its report" if name in known else "is missing"
            force = "--force " if name in known else ""
            mend = f"git tag {force}{shlex.quote(name)} {commit[:12]}"
            yield _found("tag", "warning", what, mend, f"tag {name}")


def _is_right(workspace: Path, place: RoundOf, known: Mapping[str, str]) -> bool:
    """Whether a round's tag is at a commit with its report; what others made is looked into."""
    name = f"{place.project}/r{place.number}"
    if name not in known:
        return False
    if f"Ymir-Stage: {place.project}/report" in known[name]:
        return True
    return _reported(workspace, f"refs/tags/{name}", place.project) == place.number


def _reports(workspace: Path) -> dict[RoundOf, str]:
    """Round -> the newest commit that reports it."""
    found: dict[RoundOf, str] = {}
    for commit in git.history(workspace):
        project, _, kind = commit.get("stage", "").rpartition("/")
        if project and kind == "report":
            number = _reported(workspace, commit["commit"], project)
            if number is not None:
                found.setdefault(RoundOf(project, number), commit["commit"])
    return found


def _reported(workspace: Path, commit: str, project: str) -> int | None:
    """The round that a project's figures are of, as a commit has them."""
    shown = git.attempt(workspace, "show", f"{commit}:./reports/{project}/metrics.json").stdout
    found = re.search(r'"round": (\d+)', shown)
    return int(found[1]) if found else None


def _version(workspace: Path) -> Iterator[Finding]:
    said = git.output(workspace, "--version").strip()
    found = re.search(r"(\d+)\.(\d+)", said)
    if found and (int(found[1]), int(found[2])) < _OLDEST:
        yield _found("git-old", "error", f"{said} is too old", "install git 2.30 or newer")


def _locks(workspace: Path, folder: Path) -> Iterator[Finding]:
    for name in _LOCKS:
        path = folder / name
        try:
            age = time.time() - path.stat().st_mtime
        except OSError:
            continue
        if age > _STALE:
            what = "was left by a git command that ended; none works while it is there"
            mend = f"rm {shlex.quote(_near(workspace, path))}"
            yield _found("git-locked", "error", what, mend, _near(workspace, path))


def _under_way(folder: Path) -> Iterator[Finding]:
    for name, (what, mend) in _UNDER_WAY.items():
        if (folder / name).exists():
            yield _found("under-way", "error", f"{what} is under way: finish it, or", mend)


def _head(workspace: Path) -> Iterator[Finding]:
    here = git.head(workspace)
    if here is None or git.branch_here(workspace):
        return
    at = ("for-each-ref", "--points-at", "HEAD", "--format=%(refname:short)", "refs/heads")
    branches = git.output(workspace, *at).split()
    mend = f"git switch {shlex.quote(branches[0])}" if branches else f"git switch -c at-{here[:10]}"
    yield _found("detached", "warning", "the work tree is on no branch (a detached HEAD)", mend)


def _ignored(workspace: Path) -> Iterator[Finding]:
    if any(any(paths_of(workspace, project)) for project in TRACKED):
        asked = git.attempt(workspace, "check-ignore", "--quiet", "--no-index", ".ymir/jobs")
        if asked.returncode == 1:
            what = "does not ignore `.ymir/`, which belongs to this machine"
            yield _found("unignored", "error", what, "ymir pull", ".gitignore")
    if git.output(workspace, "ls-files", "--", ".ymir").strip():
        what = "is in git, and belongs to this machine"
        yield _found("ymir-tracked", "error", what, "git rm -r --quiet --cached .ymir", ".ymir")


def _kept(workspace: Path) -> Iterator[Finding]:
    """Branches of what could not become a part of the branch it was made for."""
    form = ("for-each-ref", "--format=%(refname:short)", "--no-merged", "HEAD")
    if git.head(workspace) is None:
        return
    for name in git.output(workspace, *form, f"refs/heads/{KEPT}").split():
        what = "keeps what another clone recorded otherwise: look at it, merge or delete it"
        mend = f"git branch -D {shlex.quote(name)}"
        yield _found("kept", "warning", what, mend, f"branch {name}")


def _ahead(workspace: Path, branch: Target) -> int:
    known = git.attempt(workspace, "rev-parse", "--verify", "--quiet", branch.tracking).stdout
    since = (f"^{branch.tracking}",) if known else ("--not", "--remotes")
    return int(git.output(workspace, "rev-list", "--count", "HEAD", *since).strip() or 0)


def _near(workspace: Path, path: Path) -> str:
    try:
        return path.relative_to(workspace.resolve()).as_posix()
    except ValueError:
        return str(path)


def _found(
    code: str, severity: Severity, what: str, mend: str, where: str = "the repository"
) -> Finding:
    return Finding("git", code, severity, where, what, mend)
