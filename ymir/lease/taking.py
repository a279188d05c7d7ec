"""Take leases: at once where nobody has them, after a watch where nobody seems to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ymir.errors import LockedError
from ymir.lease.lease import LONGEST, Lease, read
from ymir.lease.process import is_alive
from ymir.lease.refs import Refs, Swap
from ymir.lease.sights import Sights

_LOOKS = 10  # at a lease until it counts as silent, at least


class Standing(StrEnum):
    """What is known of the holder of a lease."""

    WORKS = "works"  # its process is here, and alive
    GONE = "gone"  # its process was here, and is not any more
    SILENT = "silent"  # no sign of life for as long as the lease itself allows
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Found:
    """A lease that somebody has, and for how many seconds it has not changed."""

    project: str
    object: str
    lease: Lease | None  # None where a newer ymir, or something else, wrote it
    unchanged: float

    @property
    def expiry(self) -> float:
        """After how many seconds of silence its holder holds nothing."""
        return self.lease.expiry if self.lease else LONGEST

    @property
    def standing(self) -> Standing:
        """What can be told of it without waiting."""
        alive = is_alive(self.lease.process) if self.lease else None
        if alive is not None:
            return Standing.WORKS if alive else Standing.GONE
        return Standing.SILENT if self.unchanged >= self.expiry else Standing.UNKNOWN

    @property
    def words(self) -> str:
        """Who has it, in one line."""
        return self.lease.words if self.lease else "somebody (this ymir cannot read the lease)"


@dataclass(frozen=True)
class Watch:
    """How a taker learns whether a holder lives."""

    sights: Sights
    tell: Callable[[Found], None]  # it is watched from now on
    is_over: Callable[[Found], bool]  # the work of one that is gone; raises if it still goes on
    pause: float = 5.0  # seconds between two looks, at most


def look(refs: Refs, sights: Sights, wanted: Collection[str] | None = None) -> list[Found]:
    """The leases that somebody has: all, or those of the wanted projects."""
    there = {
        name: found for name, found in refs.there().items() if wanted is None or name in wanted
    }
    texts = {found: refs.text(found) for found in there.values()}
    if None in texts.values():
        return look(refs, sights, wanted)  # it has moved meanwhile
    unchanged = sights.unchanged(there.values())
    return [
        Found(project, found, read(texts[found] or ""), unchanged[found])
        for project, found in sorted(there.items())
    ]


def take(refs: Refs, wanted: Collection[Lease], watch: Watch) -> dict[str, str]:
    """Put these leases into their refs, all or none; project -> object. Waits for who is silent."""
    first: Mapping[str, str] | None = None
    told: set[str] = set()
    names = {each.project for each in wanted}
    while True:
        found = {each.project: each for each in look(refs, watch.sights, names)}
        if first is None:
            first = {name: each.object for name, each in found.items()}
        unsure = [each for each in found.values() if not _is_free(each, first, watch)]
        if not unsure:
            old = {each.project: each.object for each in found.values()}
            if taken := _taken(refs, wanted, old):
                return taken
            continue
        for each in unsure:
            if each.project not in told:
                told.add(each.project)
                watch.tell(each)
        threading.Event().wait(min(watch.pause, *(each.expiry / _LOOKS for each in unsure)))


def _is_free(found: Found, first: Mapping[str, str], watch: Watch) -> bool:
    """Whether it can be taken over now; raises where somebody works."""
    has_moved = first.get(found.project) != found.object  # while we looked: somebody has written it
    standing = found.standing
    if standing is Standing.GONE and watch.is_over(found):
        return True
    if has_moved or standing is Standing.WORKS:
        raise held(found)
    if found.unchanged >= found.expiry:
        return True
    if found.lease is None:
        raise LockedError(
            f"{found.project} is worked on by {found.words}",
            hint=f"use a newer ymir, or give it free: `ymir lock break {found.project}`",
        )
    return False


def _taken(refs: Refs, wanted: Collection[Lease], old: Mapping[str, str]) -> dict[str, str] | None:
    """Ours, if nobody was faster with any of them; what was won is given back otherwise."""
    made = {each.project: refs.put(each) for each in wanted}
    won = refs.swap({name: Swap(old.get(name), new) for name, new in made.items()})
    if all(won.values()):
        return made
    if back := {name: Swap(made[name], None) for name, is_won in won.items() if is_won}:
        refs.swap(back)
    return None


def held(found: Found) -> LockedError:
    """Somebody works on it."""
    return LockedError(
        f"{found.project} is worked on by {found.words}",
        hint="wait until it is done; `ymir lock ls` shows who works on what",
    )
