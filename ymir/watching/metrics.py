"""What Prometheus is answered: the workspace's numbers, and the watcher's own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from ymir.errors import YmirError
from ymir.exposition import CONTENT_TYPE, Family, Sample, exposition
from ymir.watching.board import Board

PLACE = "/metrics"
_FRESH = 5.0  # seconds for which an answer is given again: many may ask


class Metrics:
    """Answers with what `measured` says; while the specs are broken, with what it said last."""

    def __init__(self, measured: Callable[[], str], board: Callable[[], Board]) -> None:
        self._measured, self._board = measured, board
        self._text, self._until = "", 0.0
        self._asked = asyncio.Lock()

    async def answer(self, request: web.Request) -> web.Response:
        """One call."""
        if request.path != PLACE:
            return web.Response(status=404, text=f"{PLACE} is here, and nothing else\n")
        if request.method not in ("GET", "HEAD"):
            return web.Response(
                status=405, text="only GET is heard here\n", headers={"Allow": "GET"}
            )
        async with self._asked:
            if time.monotonic() >= self._until:
                self._text = await asyncio.to_thread(self._measure)
                self._until = time.monotonic() + _FRESH
        text = self._text + exposition(families(self._board()))
        headers = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store", "Server": "ymir"}
        return web.Response(body=text.encode(), headers=headers)

    def _measure(self) -> str:
        try:
            return self._measured()
        except YmirError:
            return self._text


def families(board: Board) -> tuple[Family, ...]:
    """The watcher's own numbers. Pure."""
    synced = () if board.synced is None else (Sample(board.synced),)
    sight = board.sight
    return (
        Family("ymir_watch_applying", "Whether a run is under way.", _one(board.is_applying)),
        Family("ymir_watch_specs_broken", "Whether specs have mistakes.", _one(bool(sight.broken))),
        Family("ymir_watch_held", "Whether nothing may be applied.", _one(bool(sight.held))),
        Family("ymir_watch_trouble", "Whether something is in the way.", _one(bool(sight.trouble))),
        Family("ymir_watch_synced_timestamp_seconds", "When nothing was left to do.", synced),
    )


def _one(is_so: bool) -> tuple[Sample, ...]:
    return (Sample(float(is_so)),)
