"""How one gets to know that files may have changed: told by the kernel, or by looking often."""

from __future__ import annotations

import asyncio
import errno
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers.api import BaseObserver, ObservedWatch

OFTEN = 1.0  # seconds between two looks where nobody tells
_SURE = 10.0  # and where somebody does: links lead elsewhere, and a full queue loses events
_BURST = 0.05  # seconds in which more is told
_FULL = {errno.ENOSPC: "fs.inotify.max_user_watches", errno.EMFILE: "fs.inotify.max_user_instances"}


class Eyes(Protocol):
    """Waits until it is time to look at the files' stamps."""

    @property
    def pause(self) -> float:
        """Seconds without a change after which nobody writes any more."""

    async def moved(self) -> None:
        """Wait until something may have changed."""


class Looking:
    """Nobody tells: look every second."""

    pause = OFTEN

    async def moved(self) -> None:
        """Wait a second."""
        await asyncio.sleep(OFTEN)


class Told:
    """The kernel tells of changes in these folders; what it does not know is looked for, rarely.

    A folder that is replaced by another one, or that comes later, is watched from then on. Where
    the kernel has no watches left, `say` is told once, and one looks from then on.
    """

    def __init__(
        self, folders: Callable[[], Iterable[tuple[Path, bool]]], say: Callable[[str], None]
    ) -> None:
        self.trouble: str | None = None
        self._say = say
        self._folders = folders  # and whether what lies deeper counts
        self._observer: BaseObserver | None = None
        self._watched: dict[Path, tuple[tuple[int, int], ObservedWatch]] = {}
        self._rung = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @property
    def pause(self) -> float:
        """Shorter where every write is told."""
        return OFTEN if self.trouble else OFTEN / 4

    async def moved(self) -> None:
        """Wait until somebody tells, or until it is time to make sure."""
        if not self.trouble:
            await asyncio.to_thread(self._arm)
            if self.trouble:
                self._say(self.trouble)
        if self.trouble:
            await asyncio.sleep(OFTEN)
            return
        try:
            async with asyncio.timeout(_SURE):
                await self._rung.wait()
        except TimeoutError:
            return
        await asyncio.sleep(_BURST)
        self._rung.clear()

    def close(self) -> None:
        """Watch nothing any more."""
        if self._observer is not None and self._observer.is_alive():
            self._observer.stop()
            self._observer.join()
        self._observer = None

    def _arm(self) -> None:
        """Watch every folder that is there, and those again that are not the same any more."""
        try:
            self._start()
            for folder, is_deep in self._folders():
                self._watch(folder, is_deep)
        except OSError as error:
            if error.errno not in _FULL:
                return  # a folder that has just gone: its parent tells when it is back
            self.close()
            instead = f"they are looked at every second; `{_FULL[error.errno]}` raises its limit"
            self.trouble = f"the kernel watches no more files: {instead}"

    def _start(self) -> None:
        if self._observer is None:
            from watchdog.observers import Observer  # only who watches pays for it

            # It says so of a folder that comes with its content; nothing is lost.
            warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
            self._observer = Observer()
            self._observer.start()

    def _watch(self, folder: Path, is_deep: bool) -> None:
        identity = _identity(folder)
        before = self._watched.get(folder)
        if self._observer is None or (before and before[0] == identity):
            return
        if before:
            self._observer.unschedule(before[1])
            del self._watched[folder]
        if identity:
            told = cast("FileSystemEventHandler", _Ringing(self._ring))
            watch = self._observer.schedule(told, str(folder), recursive=is_deep)
            self._watched[folder] = (identity, watch)
            self._ring()  # it may have changed before it was watched

    def _ring(self) -> None:
        """Said in the thread of the observer; the loop may have ended."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)


class _Ringing:  # all of a `FileSystemEventHandler` that is called
    """What an observer calls: whatever happened, the stamps tell whether it matters."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring

    def dispatch(self, event: FileSystemEvent) -> None:
        """Ring, unless somebody has only read."""
        if event.event_type not in ("opened", "closed_no_write"):
            self._ring()


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino)
