"""What the watcher does, as processes of their own: none of it stays in memory while it waits."""

from __future__ import annotations

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from signal import SIGTERM

import orjson
from pydantic import JsonValue

from ymir.errors import Exit
from ymir.watching.sight import Sight, sight

_LAST = 2000  # letters of a complaint


class Processes:
    """Runs `ymir` with more words; `code` is that of an `apply` that was asked to stop."""

    def __init__(self, ymir: Sequence[str], workspace: str) -> None:
        self._ymir = tuple(ymir)
        self._where = ("--workspace", workspace)
        self.code: int = Exit.DONE

    async def apply(self) -> int:
        """Run `ymir apply`, shown to whoever watches; a stop is passed on, and waited for."""
        words = (*self._ymir, "apply", *self._where)
        # Its own group: Ctrl-C reaches it once, through this process.
        process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, process_group=0)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            code = await _ended(process)
            self.code = code if code >= 0 else Exit.PENDING
            raise
        return code if code >= 0 else Exit.FAILED

    async def look(self) -> Sight:
        """Ask the label tools first: what they say is planned with."""
        batches = await self._data("labels", "ls", "--open", "--json")
        planned = await self._data("plan", "--json")
        return sight(planned, batches)

    async def _data(self, *words: str) -> JsonValue:
        """What a command prints as JSON; what it complains of, as a mistake."""
        command = (*self._ymir, *words, *self._where)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, process_group=0
        )
        try:
            said, complaint = await process.communicate()
        except asyncio.CancelledError:
            await _ended(process)
            raise
        try:
            data: JsonValue = orjson.loads(said)
        except ValueError:
            return {"error": complaint.decode("utf-8", "replace").strip()[-_LAST:]}
        return data


async def _ended(process: Process) -> int:
    """Tell it to end, again whenever this one is told again, and wait for it."""
    while process.returncode is None:
        try:
            process.send_signal(SIGTERM)
            await process.wait()
        except asyncio.CancelledError:
            continue
        except ProcessLookupError:
            break
    return await process.wait()
