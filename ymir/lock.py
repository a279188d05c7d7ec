"""One run at a time on one machine: a lock that the kernel releases when its holder dies."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from ymir.dvc.leftovers import clear
from ymir.errors import LockedError
from ymir.lease.process import Process, is_alive, this_process

_HOLDER = "holder.json"


@dataclass(frozen=True)
class Holder:
    """Who holds a workspace, and since when, by the clock of its machine."""

    process: Process
    since: str

    @property
    def words(self) -> str:
        """Who it is, in a few words."""
        since = f" since {self.since}" if self.since else ""
        return f"process {self.process.pid} on {self.process.host}{since}"


@contextmanager
def locked(workspace: Path) -> Iterator[None]:
    """Hold the workspace, or say who does. Protects one host; the lock file is never deleted.

    Whoever holds it after a run that was killed removes first what that one left unfinished.
    """
    folder = workspace / ".ymir"
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        who = _read(folder / _HOLDER)
        raise LockedError(
            f"another run holds this workspace{f': {who.words}' if who else ''}",
            hint="wait until it is done; a run that died holds nothing",
        ) from None
    try:
        # A run that ends takes its name away, and then writes how it ended.
        if (folder / _HOLDER).exists() or any(folder.glob(".*.tmp")):
            clear(workspace)
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        said = json.dumps({**asdict(this_process()), "since": moment})
        (folder / _HOLDER).write_text(said, encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            (folder / _HOLDER).unlink()
        lock.release()


def holder(workspace: Path) -> Holder | None:
    """Who holds the workspace now, as far as this machine can tell; looking locks nothing."""
    who = last_holder(workspace)
    return None if who is None or is_alive(who.process) is False else who


def last_holder(workspace: Path) -> Holder | None:
    """Who held the workspace last and has not given it back: it works there, or was killed."""
    return _read(workspace / ".ymir" / _HOLDER)


def _read(file: Path) -> Holder | None:
    try:
        said = orjson.loads(file.read_bytes())
        who = Process(
            str(said["host"]),
            str(said.get("machine", "")),
            int(said["pid"]),
            str(said.get("began", "")),
        )
        return Holder(who, str(said.get("since", "")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
