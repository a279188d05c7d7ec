"""What wakes a watcher: each reason is one object, and knows one way in which things move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Protocol

from ymir.watching.eyes import Eyes, Looking

FIRST = 30.0  # seconds until the first look of the clock; each later one waits twice as long
_DEAD = 60.0  # seconds after which nobody writes any more, though it is said
_SETTLE = 0.5  # seconds without another ring that end a burst
_CALM = 5.0  # seconds between two bursts that are heard


class Reason(Protocol):
    """One way in which there may be something to do again."""

    def comes(self) -> Awaitable[str]:
        """Wait until it is so; say what happened, in words."""


class Pause:
    """How long to let pass: twice as long each time, up to the longest.

    `jitter` is a factor near 1: many who were held up by one thing do not come back at once.
    """

    def __init__(
        self, longest: float, first: float = FIRST, jitter: Callable[[], float] = lambda: 1.0
    ) -> None:
        self._longest, self._first, self._jitter = longest, min(first, longest), jitter
        self.seconds = self._first

    async def pass_by(self) -> None:
        """Wait as long as the pause is; the next one is longer."""
        await asyncio.sleep(self.seconds * self._jitter())
        self.grow()

    def grow(self) -> None:
        """Nothing has moved."""
        self.seconds = min(2 * self.seconds, self._longest)

    def reset(self) -> None:
        """Something has moved."""
        self.seconds = self._first


class Clock:
    """Time has passed; the pauses grow until something moves."""

    WORDS = "time to look again"

    def __init__(self, pause: Pause) -> None:
        self._pause = pause

    async def comes(self) -> str:
        """Wait as long as the pause is."""
        await self._pause.pass_by()
        return self.WORDS


class Again(Clock):
    """What could not be done may be possible by now."""

    WORDS = "time to try again"


class Files:
    """Files have changed since this object was made; `eyes` say when to look at their stamps."""

    def __init__(
        self,
        stamp: Callable[[], Hashable],
        what: str,
        eyes: Eyes | None = None,
        is_writing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stamp, self._what, self._is_writing = stamp, what, is_writing
        self._eyes: Eyes = eyes or Looking()
        self._before, self._held = stamp(), 0.0

    async def comes(self) -> str:
        """Look at their stamps, cheaply; whoever still writes is let finish."""
        while (now := await asyncio.to_thread(self._stamp)) == self._before:
            await self._eyes.moved()
        while now != (later := await self._a_moment_later()) or await self._is_held():
            now = later
        return self._what

    async def _a_moment_later(self) -> Hashable:
        await asyncio.sleep(self._eyes.pause)
        return await asyncio.to_thread(self._stamp)

    async def _is_held(self) -> bool:
        """Whether a program says that it writes; one that died saying so is not believed."""
        self._held = self._held + self._eyes.pause if self._is_writing() else 0.0
        return 0 < self._held < _DEAD


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
