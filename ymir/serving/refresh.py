"""Keeps the page fresh: when something was recorded, another process writes it anew."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Hashable, Sequence

_PAUSE = 2.0  # seconds between two looks
_LONGEST = (
    10.0  # seconds that changes may follow each other before the page is written all the same
)
_LAST = 4000  # letters of what went wrong
_PATIENCE = 5.0  # seconds that a writer gets to end


class Refresher:
    """Watches a stamp of the records; writing is another process, which blocks nobody here."""

    def __init__(self, stamp: Callable[[], Hashable], command: Sequence[str]) -> None:
        self.trouble: str | None = None  # why the page is not fresh
        self._stamp = stamp
        self._command = command

    async def run(self) -> None:
        """Write the page, and again after each change; ends when it is cancelled."""
        while True:
            written = await asyncio.to_thread(self._stamp)
            await self._write()
            while await asyncio.to_thread(self._stamp) == written:
                await asyncio.sleep(_PAUSE)
            await self._settle()

    async def _settle(self) -> None:
        """Until nothing has changed for a while: stages follow each other fast."""
        seen, waited = await asyncio.to_thread(self._stamp), 0.0
        while waited < _LONGEST:
            await asyncio.sleep(_PAUSE)
            waited += _PAUSE
            now = await asyncio.to_thread(self._stamp)
            if now == seen:
                return
            seen = now

    async def _write(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        try:
            _, said = await process.communicate()
        except asyncio.CancelledError:
            await _end(process)
            raise
        text = said.decode("utf-8", "replace").strip()[-_LAST:]
        self.trouble = None if process.returncode == 0 else text or "the page cannot be written"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _PATIENCE)
    except TimeoutError:
        process.kill()
        await process.wait()
