"""What keeps a saved plan from being applied: all that differs, in words. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ymir.approval.basis import Basis, says_what
from ymir.approval.saved import Approval
from ymir.plan.world import UNREAD

_SHOWN = 5  # names in one line


def differences(
    approved: Approval, now: Basis, *, made: Collection[str] | None, newer: str
) -> list[str]:
    """All of it, one line each; empty if the plan may be applied.

    `made` are the stages in which the data may differ, since the plan itself has made them; None
    where the data is just what the plan left. `newer` says who is ahead of whom.
    """
    if approved.lineage not in now.lineages:
        return ["it is the plan of another workspace: their histories have nothing in common"]
    return [
        *_versions(approved, now),
        *_files(approved.specs, now.specs),
        *([] if made is None else _data(approved, now, made, newer)),
        *_sources(approved, now),
        *_restarts(approved, now),
    ]


def strangers(
    approved: Approval, executors: Mapping[str, str], needed: Collection[str]
) -> list[str]:
    """Which of the executors that are needed are not the approved ones.

    One that is not on this machine yet is looked at once it is.
    """
    lines = []
    for name in sorted(needed):
        before, now = approved.executors.get(name), executors.get(name)
        if before == UNREAD:
            lines.append(
                f"executor `{name}`: the plan was made where its image was not, so nobody knows "
                "which program was approved; pull the image there, or write its digest in the spec"
            )
        elif now not in (before, UNREAD):
            lines.append(f"executor `{name}`: its program is another one")
    return lines


def _versions(approved: Approval, now: Basis) -> Iterator[str]:
    if approved.ymir != now.ymir:
        yield f"ymir {approved.ymir} made the plan, this is {now.ymir}"
    if approved.evaluator != now.evaluator:
        yield f"models were judged by {approved.evaluator}, here by {now.evaluator}"


def _files(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """Specs, and files that they name."""
    if changed := [name for name in before if name in now and before[name] != now[name]]:
        yield f"changed: {_listed(changed)}"
    if added := [name for name in now if name not in before]:
        yield f"new: {_listed(added)}"
    if gone := [name for name in before if name not in now]:
        yield f"gone: {_listed(gone)}"


def _data(approved: Approval, now: Basis, made: Collection[str], newer: str) -> Iterator[str]:
    names = sorted({*approved.data, *now.data} - {*made})
    changed = [each for each in names if approved.data.get(each) != now.data.get(each)]
    if not changed:
        changed = sorted(made)
    for words, some in (
        ("is recorded, and the plan does not know of it", set(now.data) - set(approved.data)),
        ("the plan knows it, and it is not recorded here", set(approved.data) - set(now.data)),
        ("is another version than the plan knows", set(approved.data) & set(now.data)),
    ):
        if found := [each for each in changed if each in some]:
            yield f"data: {_listed(found)}: {words}{newer}"


def _sources(approved: Approval, now: Basis) -> Iterator[str]:
    for name in sorted({*approved.sources, *now.sources}):
        before, seen = approved.sources.get(name), now.sources.get(name)
        is_first = before == UNREAD and seen == now.imported.get(name)  # the plan imported them
        if before == seen or is_first:
            continue
        if before is None:
            yield f"{says_what(name)} are there now; the plan was made without them"
        elif seen is None:
            yield f"{says_what(name)} are not there any more"
        else:
            yield f"{says_what(name)} have changed"


def _restarts(approved: Approval, now: Basis) -> Iterator[str]:
    if approved.restart != now.restart:
        names = _listed(sorted({*approved.restart, *now.restart}))
        yield f"which projects begin a new generation: {names}"


def _listed(names: Collection[str]) -> str:
    first = ", ".join(f"`{each}`" for each in list(names)[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{first} and {more} more" if more > 0 else first
