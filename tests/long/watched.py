"""A watcher that wakes thousands of times in seconds: its loop's clock runs faster, nothing else.

Files are edited in real folders and heard of from the kernel; what a look would find is said.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.long.standing import standing
from ymir.errors import Exit
from ymir.watching.board import Board
from ymir.watching.eyes import Told
from ymir.watching.reasons import Files, Pause, Reason
from ymir.watching.sight import Chance, Sight
from ymir.watching.stamps import folders, stamps
from ymir.watching.watcher import Senses, Watcher

FASTER = 500


class Hasty(asyncio.SelectorEventLoop):
    """A loop in which time passes faster."""

    def __init__(self) -> None:
        super().__init__(_Hasty())

    def time(self) -> float:
        return FASTER * super().time()


class _Hasty(selectors.DefaultSelector):
    """Waits accordingly shorter."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / FASTER)


@dataclass
class Week:
    """Hands and face of a watcher that finds an edit, nothing new, or a step, in turns."""

    root: Path
    looks: int
    every: int  # looks between two samples
    applied: int = 0
    said: int = 0
    seen: int = 0
    samples: list[dict[str, float]] = field(default_factory=list)

    async def advance(self) -> None:
        """Nothing is followed here."""

    async def apply(self) -> int:
        self.applied += 1
        return int(Exit.DONE if self.seen >= self.looks else Exit.PARKED)

    async def look(self) -> Sight:
        self.seen += 1
        if self.seen % self.every == 0:
            self.samples.append({"wakes": self.seen, **standing()})
        if self.seen % 3 == 0:  # the clock wakes it otherwise
            (self.root / "specs" / "all.yaml").write_text(f"edited: {self.seen}")
        if self.seen % 10 == 0 or self.seen >= self.looks:
            return Sight(frozenset({Chance(f"step {self.seen}", "a step", is_step=True)}))
        return Sight(lines=(f"{self.seen} of 6",))

    def say(self, words: str) -> None:
        self.said += 1

    def note(self, event: str, **facts: object) -> None:
        """Noted."""

    def show(self, board: Board) -> None:
        """Shown."""


def week(root: Path, looks: int, every: int) -> Week:
    """So many looks of a watcher in a folder with specs, in a thread and a loop of its own."""
    (root / "specs").mkdir(parents=True)
    found = Week(root, looks, every)
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(_go, found).result()
    return found


def _go(found: Week) -> None:
    loop = Hasty()
    try:
        loop.run_until_complete(_watch(found))
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


async def _watch(found: Week) -> None:
    eyes = Told(lambda: folders(found.root), found.say)

    def reasons() -> Sequence[Reason]:
        return (Files(lambda: stamps(found.root), "files have changed", eyes),)

    try:
        senses = Senses(Pause(600), reasons, found, Pause(600))
        await Watcher(found, senses).run(lambda code: code == Exit.DONE)
    finally:
        eyes.close()
