"""Send what is recorded: data to the remote, then commits and tags; what cannot go is kept."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ymir.dvc import away
from ymir.errors import StaleError, StoreError
from ymir.git import attempt, contents, head, output, why
from ymir.publishing.network import PAUSES, Refusal, fetch, has, is_in, refs, send
from ymir.publishing.replay import Commit, commits, replay, top_of
from ymir.publishing.target import Target

KEPT = "ymir/kept"  # branches of what could not become a part of the branch it was made for
_TRIES = 5  # of somebody else being faster
_ROUND_TAGS = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/tags")
_ROUND_TAG = re.compile(r"refs/tags/[^/]+/r[1-9][0-9]*")
_POINTERS = re.compile(r"(^|/)data/(datasets|models|rounds)/[^/]+/[^/]+\.dvc$")
_OF_TAGS = re.compile(rf"{_POINTERS.pattern}|(^|/)reports/[^/]+/html\.dvc$")
_LISTING = re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}\.dir\b")
_FEW = 3


class KeptError(StoreError):
    """Two clones recorded different things: both are kept, and a person chooses."""


@dataclass(frozen=True)
class Published:
    """What was sent, and what became of this clone."""

    target: Target
    objects: int = 0
    commits: int = 0
    by_people: int = 0  # of these commits
    rebased: int = 0  # of these commits: they were made again upon those of others
    tags: tuple[str, ...] = ()
    behind: str = ""  # why this work tree does not follow the branch


def publish(workspace: Path, target: Target, *, is_following: bool = True) -> Published:
    """Send the data that the commits here name, then these commits; repeat it at will.

    With `is_following`, the work tree goes along with what others pushed meanwhile; else only the
    remote branch gets both, and the work tree follows the next time. Nothing is forced.
    """
    objects = 0
    for _ in range(_TRIES):
        there = refs(workspace, target)
        theirs = _fetched(workspace, target, there.get(target.ref))
        objects += _send_data(workspace, theirs)
        found = _integrated(workspace, target, theirs)
        sent = _sent(workspace, found, there)
        if sent is not None:
            behind = _follow(workspace, sent.tip) if is_following else ""
            return replace(sent.said, objects=objects, behind=behind)
    raise StoreError(
        f"`{target}` moves faster than it can be pushed to",
        hint="all is kept here; try again: `ymir push --git`",
    )


def begin(workspace: Path, target: Target) -> bool:
    """Before anything runs: go along with what other runs recorded; whether there was anything.

    Refused where that cannot be: work on a state that others have left behind would be done twice,
    and then be in the way.
    """
    theirs = _fetched(workspace, target, refs(workspace, target).get(target.ref))
    if theirs is None or is_in(workspace, theirs, "HEAD"):
        return False
    found = _integrated(workspace, target, theirs)
    incoming = tuple(commits(workspace, f"HEAD..{theirs}"))
    if not any(each.stage for each in incoming):
        return False
    people = [each for each in incoming if not each.is_own]
    if people or (behind := _follow(workspace, found.tip)):
        what = f"also by `{people[0].subject}` of people" if people else behind
        raise StaleError(
            f"`{target}` has moved on by what other runs recorded, {what}",
            hint=f"`git pull --rebase {target.remote} {target.branch}`, then run again",
        )
    return True


@dataclass(frozen=True)
class _Ready:
    """What the remote branch should become, and what of it is new there."""

    target: Target
    theirs: str | None
    tip: str
    new: tuple[Commit, ...]
    rebased: int = 0


@dataclass(frozen=True)
class _Sent:
    tip: str
    said: Published


def _fetched(workspace: Path, target: Target, theirs: str | None) -> str | None:
    """The commit of the branch on the remote, with all that is new of its history."""
    if theirs is not None and not has(workspace, theirs):
        fetch(workspace, target)
    return theirs


def tagged_listings(workspace: Path) -> set[str]:
    """The folders of data that tags of rounds name: whoever checks one out can pull it."""
    return _listings(workspace, _OF_TAGS, "--no-walk", "--tags")


def _listings(workspace: Path, pointers: re.Pattern[str], *commits: str) -> set[str]:
    text = b"\n".join(contents(workspace, pointers, commits))
    return {each.decode() for each in _LISTING.findall(text)}


def _send_data(workspace: Path, theirs: str | None) -> int:
    """What no commit may name before it is there: of files as they are, and of new commits."""
    since = (f"^{theirs}",) if theirs else ("--not", "--remotes")
    named = _listings(workspace, _POINTERS, "HEAD", *since) | tagged_listings(workspace)
    for pause in PAUSES:
        try:
            return away.send(workspace, named)
        except StoreError:
            time.sleep(pause)
    return away.send(workspace, named)


def _integrated(workspace: Path, target: Target, theirs: str | None) -> _Ready:
    """The commits here upon those of the remote; where that cannot be, both are kept."""
    here = head(workspace)
    if here is None:
        raise StoreError("there is no commit to push yet", hint="run `ymir apply` first")
    if theirs is None or is_in(workspace, theirs, here):
        since = (f"^{theirs}",) if theirs else ()
        return _Ready(target, theirs, here, tuple(commits(workspace, here, *since)))
    if attempt(workspace, "merge-base", theirs, here).returncode != 0:
        raise _kept(workspace, target, here, "its history has nothing in common with the one here")
    # Those that were made again upon theirs before, and pushed so, are left out.
    told = ("--cherry-pick", "--right-only", "--topo-order", "--reverse")
    ours = tuple(commits(workspace, *told, f"{theirs}...{here}"))
    if people := [each for each in ours if not each.is_own]:
        raise _kept(workspace, target, here, _of_people(people, target))
    done = replay(workspace, ours, theirs)
    if done.conflicts:
        both = ", ".join(f"`{each}`" for each in list(dict.fromkeys(done.conflicts))[:_FEW])
        raise _kept(workspace, target, here, f"there and here something else is recorded: {both}")
    _take_tags_along(workspace, done.made)
    made = {done.made[each.id]: each for each in ours if each.id in done.made}
    return _Ready(target, theirs, done.tip, tuple(made.values()), len(made))


def _of_people(people: Collection[Commit], target: Target) -> str:
    subjects = ", ".join(f"`{each.subject}`" for each in list(people)[:_FEW])
    return (
        f"it has moved on, and {subjects} of people would have to move with ymir's commits; "
        f"`git pull --rebase {target.remote} {target.branch}` is theirs to type"
    )


def _kept(workspace: Path, target: Target, here: str, reason: str, hint: str = "") -> KeptError:
    """Put what is here on a branch of its own, there too, where nothing can take it away."""
    name = f"{KEPT}/{target.branch}-{here[:10]}"
    output(workspace, "update-ref", f"refs/heads/{name}", here)
    where = f"`{name}`, pushed too"
    try:
        if send(workspace, target, (f"{here}:refs/heads/{name}",)):
            where = f"`{name}` of this clone: the remote refused it"
    except StoreError:
        where = f"`{name}` of this clone: the remote does not answer"
    return KeptError(
        f"the commits here cannot become a part of `{target}`: {reason}\n"
        f"  both are kept: theirs is `{target}`, ours is {where}",
        hint=hint
        or f"to go on with theirs: `git fetch {target.remote}`, `git reset --keep {target}`, "
        f"`ymir pull`; to go on with ours, merge `{name}` into `{target.branch}` and say which "
        "files are right",
    )


def _sent(workspace: Path, ready: _Ready, there: Mapping[str, str]) -> _Sent | None:
    """Push the branch and the tags that the remote lacks; None if somebody else was faster."""
    target = ready.target
    tags = tuple(each for each in _tags(workspace, ready.tip) if each not in there)
    branch = (f"{ready.tip}:{target.ref}",) if ready.tip != ready.theirs else ()
    wanted = (*branch, *(f"{each}:{each}" for each in tags))
    refusals = send(workspace, target, wanted) if wanted else ()
    refused = next((each for each in refusals if each.ref == target.ref), None)
    if refused and refs(workspace, target).get(target.ref) != ready.theirs:
        return None
    if refused:
        hint = "allow whoever runs this to push there, or open a pull request from that branch"
        raise _kept(workspace, target, ready.tip, f"the remote refuses: {refused.why}", hint)
    gone = tuple(each for each in tags if each not in _names(refusals))
    people = sum(not each.stage for each in ready.new)
    names = tuple(each.removeprefix("refs/tags/") for each in gone)
    said = Published(
        target, commits=len(ready.new), by_people=people, rebased=ready.rebased, tags=names
    )
    return _Sent(ready.tip, said)


def _names(refusals: Collection[Refusal]) -> set[str]:
    return {each.ref for each in refusals}


def _tags(workspace: Path, tip: str) -> Iterator[str]:
    """Tags of rounds that lie in a commit's history."""
    for line in output(workspace, *_ROUND_TAGS, "--merged", tip).splitlines():
        if _ROUND_TAG.fullmatch(name := line.split(" ")[0]):
            yield name


def _take_tags_along(workspace: Path, made: Mapping[str, str]) -> None:
    """Tags of rounds whose commits were made again name the new ones: no other clone has them."""
    for line in output(workspace, *_ROUND_TAGS).splitlines():
        name, commit = line.split(" ")
        if commit in made and _ROUND_TAG.fullmatch(name):
            output(workspace, "update-ref", name, made[commit], commit)


def _follow(workspace: Path, tip: str) -> str:
    """Bring branch and files to a commit; what people edited or staged stays. Why not, if so."""
    here = head(workspace)
    if here is None or here == tip:
        return ""
    top = top_of(workspace)
    attempt(top, "update-index", "-q", "--refresh")
    done = attempt(top, "read-tree", "-m", "-u", here, tip)
    if done.returncode != 0:
        return f"files were edited here that others changed, too: {why(done.stderr)}"
    output(top, "update-ref", "-m", "ymir: follow what others pushed", "HEAD", tip, here)
    return ""
