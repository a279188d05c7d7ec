"""Keeps the leases of a run that was killed while its jobs work on: nobody begins them again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ymir.lease.lease import Lease
    from ymir.lease.refs import Refs

_DONE = b"done"


@dataclass(frozen=True)
class Ward:
    """Whose leases, and where they lie."""

    root: str
    remote: str
    name: str
    prefix: str
    ids: Mapping[str, str]  # project -> its lease


@contextmanager
def guarded(ward: Ward) -> Iterator[None]:
    """While inside, a process waits for this one to be killed; it outlives it, if need be."""
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-P", "-m", "ymir.cli.running.guard", json.dumps(vars(ward))],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.communicate(_DONE)


def main() -> None:
    """Wait until whoever began this has ended; where it did not say so, keep its leases."""
    if sys.stdin.buffer.read() != _DONE:
        keep(Ward(**json.loads(sys.argv[1])))


def keep(ward: Ward) -> None:
    """Beat while jobs of these projects work, then give the leases back."""
    from threading import Event  # while it waits, it shall cost next to nothing

    from ymir.lease.git import aside
    from ymir.lease.heart import Heart
    from ymir.lease.refs import Refs
    from ymir.lease.sights import now

    with aside(Path(ward.root)) as git:
        refs = Refs(git, ward.remote, ward.name, ward.prefix)
        if not (leases := _left(refs, ward)):
            return
        lost = Event()
        heart = Heart(refs, leases, lost.set, now())
        heart.start()
        while _works(ward) and not lost.wait(1.0):
            pass
        heart.end()


def _left(refs: Refs, ward: Ward) -> dict[str, tuple[Lease, str]]:
    """The leases that are still those of the run that was killed."""
    there = refs.there()
    found = {name: (refs.lease(there[name]), there[name]) for name in ward.ids if name in there}
    return {
        name: (lease, made)
        for name, (lease, made) in found.items()
        if lease and lease.id == ward.ids[name]
    }


def _works(ward: Ward) -> bool:
    from ymir.cli.jobs.bench import JobBench

    bench = JobBench(Path(ward.root))
    return any(bench.working(project) for project in ward.ids)


if __name__ == "__main__":
    main()
