"""The watcher: look, apply where that is worth it, wait for a reason, and look again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pydantic import JsonValue

from ymir.errors import Exit
from ymir.watching.board import Board
from ymir.watching.processes import KILLED
from ymir.watching.reasons import Again, Clock, Pause, Reason, first
from ymir.watching.sight import Chance, Sight


class Hands(Protocol):
    """What the watcher does to the workspace; all are other processes, and block nobody."""

    async def advance(self) -> None:
        """Bring the workspace to what is asked for elsewhere."""

    async def apply(self) -> int:
        """Run `ymir apply`; its exit code."""

    async def look(self) -> Sight:
        """See whether that is worth it, without the workspace's lock."""


class Face(Protocol):
    """Where people see the watcher."""

    def say(self, words: str) -> None:
        """Something happened."""

    def show(self, board: Board) -> None:
        """How things stand from now on."""

    def note(self, event: str, **facts: JsonValue) -> None:
        """Something happened, for programs."""


@dataclass(frozen=True)
class Senses:
    """What the watcher waits with, and what it says."""

    pause: Pause
    reasons: Callable[[], Sequence[Reason]]  # beside the clock; made before each look
    face: Face
    again: Pause  # between two tries at what may be better by itself
    now: Callable[[], float] = time.time


class Watcher:
    """Knows what an `apply` was worth already: nothing is tried twice without a reason."""

    def __init__(self, hands: Hands, senses: Senses) -> None:
        self._hands, self._senses, self._face = hands, senses, senses.face
        self._tried: frozenset[Chance] = frozenset()
        self._shown: tuple[str, ...] = ()
        self._told = Sight()
        self._board = Board()

    async def once(self) -> int:
        """Look, and apply if that is worth it; the exit code of either."""
        await self._hands.advance()
        seen = await self._hands.look()
        self._tell(seen)
        if seen.held:
            return Exit.FAILED
        if seen.worth:
            return await self._apply(seen, frozenset())
        self._show(seen)
        return Exit.PARKED if seen.is_parked else Exit.DONE

    async def run(self, is_over: Callable[[int], bool]) -> int:
        """Go on until an `apply` ends with a code that says so, or for ever."""
        code, is_news, is_first = int(Exit.DONE), False, True
        clock = Clock(self._senses.pause)
        while is_first or not is_over(code):
            await self._hands.advance()
            reasons = (clock, *self._senses.reasons())  # before the look: nothing is missed
            seen = await self._hands.look()
            self._tell(seen)
            if is_news and code == Exit.PARKED:
                self._tried |= {each for each in seen.worth if each.is_step}
            is_news = False
            new = seen.worth - self._tried
            if not seen.held and (is_first or new):
                code, is_news, is_first = await self._apply(seen, new), True, False
                continue
            self._tried &= seen.worth
            self._show(seen)
            await self._wait(reasons, code, seen)
        return code

    async def _apply(self, seen: Sight, new: frozenset[Chance]) -> int:
        self._tried = seen.worth
        self._senses.pause.reset()
        self._shown = ()
        for each in sorted(new):
            self._face.say(each.words)
        self._board = replace(self._board, is_applying=True)
        self._face.show(self._board)
        self._face.note("applies", worth=[each.words for each in sorted(new)])
        code = await self._hands.apply()
        self._face.note("applied", exit=code)
        self._board = replace(self._board, is_applying=False)
        if not _may_be_better(code, seen):
            self._senses.again.reset()
        return code

    async def _wait(self, reasons: Sequence[Reason], code: int, seen: Sight) -> None:
        """What failed is tried again once anything has changed; what had to wait, by the clock."""
        again = (Again(self._senses.again),) if _may_be_better(code, seen) else ()
        why = await first((*reasons, *again))
        if why not in (Clock.WORDS, Again.WORDS):
            self._senses.pause.reset()
            self._senses.again.reset()
            self._face.say(why)
            self._face.note("woke", why=why)
        if why != Clock.WORDS or code == Exit.PARKED:
            self._tried = frozenset()

    def _tell(self, seen: Sight) -> None:
        """What is wrong, once, and that it is mended."""
        before, self._told = self._told, seen
        if seen.broken != before.broken:
            self._tell_broken(seen)
        for now, then in ((seen.held, before.held), (seen.trouble, before.trouble)):
            if now and now != then:
                self._face.say(f"! {now}")
                self._face.note("held" if now == seen.held else "trouble", why=now)
            elif then and not now:
                self._face.say("that is over")
                self._face.note("freed", why=then)
        is_synced = not seen.worth and not seen.broken and not seen.held
        self._board = self._board.seen(seen, is_synced=is_synced, now=self._senses.now())

    def _tell_broken(self, seen: Sight) -> None:
        if not seen.broken:
            self._face.say("the specs are right again")
            self._face.note("mended")
            return
        for each in seen.broken:
            self._face.say(f"error: {each}")
        if not seen.held:
            self._face.say("the specs are broken; until they are mended, the last good ones hold")
        self._face.note("broken", mistakes=list(seen.broken))

    def _show(self, seen: Sight) -> None:
        """How things stand, once, and again when they stand otherwise."""
        if seen.lines and seen.lines != self._shown:
            self._shown = seen.lines
            for line in seen.lines:
                self._face.say(line)
        self._face.show(self._board)


_LATER = (KILLED, Exit.LOCKED, Exit.PENDING, Exit.STALE)  # stale: others were faster


def _may_be_better(code: int, seen: Sight) -> bool:
    """Whether the same may end otherwise later: not what failed because of its recipe."""
    return code in _LATER or (code == Exit.FAILED and bool(seen.worth))
