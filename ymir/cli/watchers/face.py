"""Where people see the watcher: a line that is kept up to date, or a line per change."""

from __future__ import annotations

import asyncio
import shutil
import time
from pathlib import Path

from pydantic import JsonValue

from ymir.cli import console
from ymir.watching.board import Board, gist, line, running
from ymir.watching.journal import Journal
from ymir.watching.service import Service

_OFTEN, _SELDOM = 1.0, 5.0  # seconds between two drawings: on a terminal, for a service manager


class Face:
    """Shows people, programs and the service manager how things stand."""

    def __init__(self, root: Path, service: Service, *, is_quiet: bool = False) -> None:
        self._root, self._service, self._journal = root, service, Journal(root)
        self._is_quiet = is_quiet
        self._is_drawn = console.is_drawable() and not is_quiet
        self.board, self._gist = Board(), ""

    def say(self, words: str) -> None:
        """Something happened."""
        self._clear()
        console.out(words)
        self._draw()

    def note(self, event: str, **facts: JsonValue) -> None:
        """Something happened, for programs."""
        self._journal.note(event, **facts)

    def show(self, board: Board) -> None:
        """How things stand from now on."""
        self.board = board
        words = gist(board)
        if board.is_applying:
            self._clear()  # the run draws itself
        elif not self._is_quiet and not self._is_drawn and words and words != self._gist:
            self._gist = words
            console.out(words)
        self._tell()
        self._draw()

    async def keep(self) -> None:
        """Keep the line up to date."""
        while True:
            await asyncio.sleep(_OFTEN if self._is_drawn else _SELDOM)
            self._draw()
            self._tell()

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._clear()

    def _line(self) -> str:
        jobs = running(self._root) if self.board.is_applying else ()
        return line(self.board, jobs, time.time())

    def _tell(self) -> None:
        self._service.status(self._line())

    def _draw(self) -> None:
        if self._is_drawn and not self.board.is_applying:
            console.line(self._line()[: shutil.get_terminal_size().columns - 1])

    def _clear(self) -> None:
        if self._is_drawn:
            console.line("")
