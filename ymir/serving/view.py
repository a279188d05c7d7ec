"""Looks at a workspace for the server: all of it cheap, the plan only where something changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir.errors import YmirError
from ymir.jobs.standing import RUNNING, Standing
from ymir.plan.snapshot import Version
from ymir.plan.stage import RoundOf
from ymir.serving.live import Coming, Live, Owed, jobs_now, last_events
from ymir.site.queue import batch
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
    waiting: tuple[tuple[RoundOf, Version], ...] = ()
    trouble: str | None = None  # why it cannot be known


@dataclass(frozen=True)
class Eyes:
    """What is asked of a workspace; `plan` may raise what people can mend."""

    jobs: Callable[[], Sequence[Standing]]
    plan: Callable[[], Planned]
    done: CountDone


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
            labels=tuple(self._owed(place, sent) for place, sent in planned.waiting),
            events=last_events(self._root / ".ymir" / "events.jsonl"),
            next=tuple(coming[:_MOST]),
            later=planned.later + max(0, len(coming) - _MOST),
            trouble=planned.trouble or trouble,
        )

    def _plan(self) -> Planned:
        now = stamp(self._root)
        if self._planned is None or self._planned[0] != now:
            try:
                found = self._eyes.plan()
            except YmirError as error:
                hint = f"\n{error.hint}" if error.hint else ""
                found = Planned(trouble=f"{error}{hint}")
            self._planned = (now, found)
        return self._planned[1]

    def _owed(self, place: RoundOf, sent: Version) -> Owed:
        found = batch(place, sent, self._eyes.done, None)
        return Owed(str(place), found.where, found.images, found.done)


def stamp(root: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when the specs do, or something was recorded, drawn or committed."""
    return tuple(_stamps(root))


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
