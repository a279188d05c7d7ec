"""Looks at a workspace for the server: all of it cheap, the plan only where something changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ymir.errors import YmirError
from ymir.jobs.standing import RUNNING, Standing
from ymir.looks import last_looks
from ymir.plan.batches import BatchState
from ymir.serving.live import Coming, Live, Owed, jobs_now, last_events
from ymir.site.queue import batch, standing
from ymir.site.record import CountDone

_WATCHED = (
    "specs/**/*.y*ml",
    "data/*/*/*.dvc",
    "reports/*/html.dvc",
    "reports/*/html/*.html",
    ".ymir/reports/*/*.html",
    ".ymir/failures.json",
    ".git/logs/HEAD",
)
_MOST = 8  # lines of what comes next


@dataclass(frozen=True)
class Planned:
    """What `ymir apply` would do, and the batches that people have."""

    next: tuple[Coming, ...] = ()
    later: int = 0
    waiting: tuple[BatchState, ...] = ()
    trouble: str | None = None  # why it cannot be known


@dataclass(frozen=True)
class Eyes:
    """What is asked of a workspace; `plan` may raise what people can mend."""

    jobs: Callable[[], Sequence[Standing]]
    plan: Callable[[], Planned]
    done: CountDone
    clock: Callable[[], float] = time.time


class View:
    """How a workspace stands."""

    def __init__(self, root: Path, page: Path, eyes: Eyes) -> None:
        self._root, self._page, self._eyes = root, page, eyes
        self._planned: tuple[Hashable, Planned] | None = None

    def look(self, trouble: str | None) -> Live:
        """All of it, as it stands now; `trouble` is what else went wrong."""
        planned = self._plan()
        try:
            jobs = jobs_now(self._eyes.jobs())
        except YmirError as error:
            jobs, trouble = (), str(error)
        running = {each.stage for each in jobs if each.state == RUNNING}
        coming = [each for each in planned.next if each.what not in running]
        return Live(
            page=_mark(self._page),
            jobs=jobs,
            labels=tuple(self._owed(each) for each in planned.waiting),
            events=last_events(self._root / ".ymir" / "events.jsonl"),
            next=tuple(coming[:_MOST]),
            later=planned.later + max(0, len(coming) - _MOST),
            trouble=planned.trouble or trouble,
        )

    def _plan(self) -> Planned:
        now = (stamp(self._root), tuple(each.at for each in last_looks(self._root).values()))
        if self._planned is None or self._planned[0] != now:
            try:
                found = self._eyes.plan()
            except YmirError as error:
                hint = f"\n{error.hint}" if error.hint else ""
                found = Planned(trouble=f"{error}{hint}")
            self._planned = (now, found)
        return self._planned[1]

    def _owed(self, state: BatchState) -> Owed:
        now = self._eyes.clock()
        found = batch(state, self._eyes.done, now, None)
        says = standing(state, now)
        return Owed(str(state.round), found.where, found.images, found.done, says, found.is_late)


def stamp(root: Path) -> tuple[Hashable, ...]:
    """Changes when the specs do, or something was recorded, drawn, committed, or labelled.

    That somebody looked at a batch and found what was known changes nothing.
    """
    looks = ((name, replace(each, at=0.0)) for name, each in last_looks(root).items())
    return (*_stamps(root), *looks)


def _stamps(root: Path) -> Iterator[tuple[str, int, int]]:
    for pattern in _WATCHED:
        for path in sorted(root.glob(pattern)):
            try:
                found = path.stat()
            except OSError:  # it has just gone
                continue
            yield str(path), found.st_mtime_ns, found.st_size


def _mark(page: Path) -> str:
    try:
        return str(page.stat().st_mtime_ns)
    except OSError:
        return ""
