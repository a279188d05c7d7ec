"""All tracks of a simulation at once, with as many jobs running as the backend takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ymir.contracts.backend import Done, Failed, Job
from ymir.simulation.asks import Ask, Look
from ymir.simulation.bench import Bench, failed
from ymir.simulation.curves import Point
from ymir.simulation.track import Track

POLL = 0.1  # seconds between two looks at the jobs

Name = tuple[int, str]  # the seed and the strategy of a track


@dataclass(frozen=True, eq=False)
class _Drive:
    tracks: Mapping[Name, Track]
    bench: Bench
    done: Callable[[int], None]  # hears how many jobs have ended
    ended: Callable[[Name, tuple[Point, ...]], None]
    waiting: dict[Name, Look] = field(default_factory=dict)
    running: dict[str, tuple[Ask, Job]] = field(default_factory=dict)

    def run(self) -> int:
        """Until all tracks have ended; how many jobs that took."""
        count = 0
        for name, track in self.tracks.items():
            self.waiting[name] = next(track)
        while self.waiting:
            for name in tuple(self.waiting):
                self._advance(name)
            self._fill()
            if not self.running:
                continue
            time.sleep(POLL)
            count += self._collect()
            self.done(count)
        return count

    def _advance(self, name: Name) -> None:
        """As far as what is kept leads."""
        while name in self.waiting and self.bench.missing(self.waiting[name]) is None:
            seen = self.bench.seen(self.waiting[name])
            try:
                self.waiting[name] = self.tracks[name].send(seen)
            except StopIteration as end:
                del self.waiting[name]
                self.ended(name, end.value)

    def _fill(self) -> None:
        """Begin what is missing, once each, in the order of the tracks."""
        wanted: dict[str, Ask] = {}
        for look in self.waiting.values():
            ask = self.bench.missing(look)
            if ask is not None and ask.key not in self.running:
                wanted.setdefault(ask.key, ask)
        room = max(0, self.bench.backend.width - len(self.running))
        asks = tuple(wanted.values())[:room]
        for ask, job in zip(asks, self.bench.begin(*asks), strict=True):
            self.running[ask.key] = (ask, job)

    def _collect(self) -> int:
        """Take what has ended."""
        count = 0
        for key, (ask, job) in tuple(self.running.items()):
            match self.bench.poll(job):
                case Done():
                    del self.running[key]
                    self.bench.keep(ask, job)
                    count += 1
                case Failed() as outcome:
                    del self.running[key]
                    raise failed(job, outcome)
                case _:
                    pass
        return count


def drive(
    tracks: Mapping[Name, Track],
    bench: Bench,
    done: Callable[[int], None],
    ended: Callable[[Name, tuple[Point, ...]], None],
) -> int:
    """Run the tracks, the first first; how many jobs that took. What runs at the end is ended.

    Two tracks that ask for the same wait for one job; what is kept from earlier is not done again.
    """
    running = _Drive(tracks, bench, done, ended)
    try:
        return running.run()
    finally:
        bench.stop(*(job for _, job in running.running.values()))
