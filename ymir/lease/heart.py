"""Keeps leases alive while a run goes on, and says when they are lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from ymir.errors import LockedError, StoreError
from ymir.lease.lease import Lease
from ymir.lease.refs import Refs, RefusedError, Swap, UnreachableError
from ymir.lease.sights import now

_BEATS = 4  # in the time in which a silent lease expires
_PAUSE = 0.5  # seconds between two tries to reach a remote that must confirm


def moment() -> str:
    """What the clock of this machine says, for people."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Heart(threading.Thread):
    """Beats until it is stopped. `on_lost` is called once, if somebody else has a lease now."""

    def __init__(
        self,
        refs: Refs,
        leases: Mapping[str, tuple[Lease, str]],
        on_lost: Callable[[], None],
        began: float,
    ) -> None:
        super().__init__(name="lease", daemon=True)
        self._refs = refs
        self._leases = dict(leases)  # project -> what we wrote, and as which object
        self._on_lost = on_lost
        self._last = began  # a moment before the last beat that was heard
        self._expiry = min(lease.expiry for lease, _ in leases.values())
        self._lost: str | None = None
        self._ends = threading.Event()
        self._one = threading.Lock()

    @property
    def ids(self) -> dict[str, str]:
        """The leases by their projects."""
        return {name: lease.id for name, (lease, _) in self._leases.items()}

    def run(self) -> None:
        """Beat, whatever the network does."""
        while not self._ends.wait(self._expiry / _BEATS):
            self._try()
            if self._lost:
                self._on_lost()
                return

    def assure(self) -> None:
        """Return while the leases are ours; raise when they are not, or nobody can tell in time."""
        until = now() + self._expiry
        while not self._lost and now() - self._last >= self._expiry:
            why = self._try()
            if why and now() > until:
                raise LockedError(
                    f"nobody can tell whether this run still holds its lease: {why}",
                    hint="what its jobs made is kept: run again once the remote answers",
                )
            self._ends.wait(_PAUSE if why else 0)
        self.check()

    def check(self) -> None:
        """Raise if somebody else is known to have a lease of ours."""
        if self._lost:
            raise LockedError(self._lost, hint="`ymir lock ls` shows who works on what")

    def end(self) -> str | None:
        """Stop beating and give the leases back; in words why that could not be done."""
        self._ends.set()
        if self.is_alive():
            self.join()
        with self._one:
            try:
                for name in self._renewed(None):
                    self._leases.pop(name)
            except StoreError as error:
                return str(error)
        return None

    def _try(self) -> str | None:
        """One beat; why it was not heard, if it was not."""
        with self._one:
            began = now()
            try:
                ours = self._renewed(moment())
            except (UnreachableError, RefusedError) as error:
                return str(error)
            if len(ours) == len(self._leases):
                self._last = began
            else:
                gone = next(name for name in self._leases if name not in ours)
                self._lost = self._lost or self._why(gone)
            return None

    def _renewed(self, at: str | None) -> set[str]:
        """The projects whose refs were ours, and hold a new beat now, or nothing without `at`."""
        ours: set[str] = set()
        left = dict(self._leases)
        while left:
            beaten = {name: lease.beaten(at) for name, (lease, _) in left.items() if at}
            made = {name: self._refs.put(lease) for name, lease in beaten.items()}
            done = self._refs.swap(
                {name: Swap(old, made.get(name)) for name, (_, old) in left.items()}
            )
            ours |= {name for name, is_done in done.items() if is_done}
            self._leases |= {name: (beaten[name], made[name]) for name in ours & made.keys()}
            left = self._unheard({name for name, is_done in done.items() if not is_done})
        return ours

    def _unheard(self, names: set[str]) -> dict[str, tuple[Lease, str]]:
        """Of the refs that have moved: those that our own beat has moved, whose echo was lost."""
        there = self._refs.there()
        for name in names & there.keys():
            lease = self._refs.lease(there[name])
            if lease and lease.id == self._leases[name][0].id:
                self._leases[name] = (lease, there[name])
        return {
            name: self._leases[name] for name in names if there.get(name) == self._leases[name][1]
        }

    def _why(self, project: str) -> str:
        """What became of a lease that is not ours any more."""
        with suppress(StoreError):
            there = self._refs.there().get(project)
            lease = self._refs.lease(there) if there else None
            if lease:
                return f"{project} was taken over by {lease.words}; this run stopped"
        return f"somebody broke this run's lease on {project}; it stopped"
