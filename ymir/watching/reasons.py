"""What wakes a watcher: each reason is one object, and knows one way in which things move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Protocol

FIRST = 30.0  # seconds until the first look of the clock; each later one waits twice as long
_PAUSE = 1.0  # seconds between two looks at files
_SETTLE = 0.5  # seconds without another ring that end a burst
_CALM = 5.0  # seconds between two bursts that are heard


class Reason(Protocol):
    """One way in which there may be something to do again."""

    def comes(self) -> Awaitable[str]:
        """Wait until it is so; say what happened, in words."""


class Pause:
    """How long the clock lets pass: twice as long each time, up to the longest."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self.seconds = min(FIRST, longest)

    def grow(self) -> None:
        """Nothing has moved."""
        self.seconds = min(2 * self.seconds, self._longest)

    def reset(self) -> None:
        """Something has moved."""
        self.seconds = min(FIRST, self._longest)


class Clock:
    """Time has passed; the pauses grow until something moves."""

    WORDS = "time to look again"

    def __init__(self, pause: Pause) -> None:
        self._pause = pause

    async def comes(self) -> str:
        """Wait as long as the pause is."""
        await asyncio.sleep(self._pause.seconds)
        self._pause.grow()
        return self.WORDS


class Files:
    """Files have changed since this object was made."""

    def __init__(self, stamp: Callable[[], Hashable], what: str) -> None:
        self._stamp = stamp
        self._what = what
        self._before = stamp()

    async def comes(self) -> str:
        """Look at their stamps, cheaply and often; who still writes is let finish."""
        while (now := await asyncio.to_thread(self._stamp)) == self._before:
            await asyncio.sleep(_PAUSE)
        while now != (later := await self._a_moment_later()):
            now = later
        return self._what

    async def _a_moment_later(self) -> Hashable:
        await asyncio.sleep(_PAUSE)
        return await asyncio.to_thread(self._stamp)


class Bell:
    """Somebody rang; a burst is heard once, and bursts that follow each other wait their turn."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._who = ""
        self._free = 0.0  # when the next burst may be heard

    def ring(self, who: str) -> None:
        """Something happened, says `who`."""
        self._who = who
        self._rung.set()

    async def comes(self) -> str:
        """Wait for a ring and for the end of its burst; what rings later counts anew."""
        loop = asyncio.get_running_loop()
        await self._rung.wait()
        await asyncio.sleep(max(_SETTLE, self._free - loop.time()))
        self._free = loop.time() + _CALM
        self._rung.clear()
        return self._who


async def first(reasons: Iterable[Reason]) -> str:
    """Wait for the first that comes about, and leave the others."""
    waiting = [asyncio.ensure_future(each.comes()) for each in reasons]
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return next(each.result() for each in waiting if each in done)
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
