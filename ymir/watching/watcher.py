"""The watcher: apply, wait for a reason, look, and apply again only where a look says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ymir.errors import Exit
from ymir.watching.reasons import Clock, Pause, Reason, first
from ymir.watching.sight import Chance, Sight


class Hands(Protocol):
    """What the watcher does to the workspace; both are other processes, and block nobody."""

    async def apply(self) -> int:
        """Run `ymir apply`; its exit code."""

    async def look(self) -> Sight:
        """See whether that is worth it, without the workspace's lock."""


@dataclass(frozen=True)
class Senses:
    """What the watcher waits with, and what it says."""

    pause: Pause
    reasons: Callable[[], Sequence[Reason]]  # beside the clock; made before each look
    say: Callable[[str], None]


class Watcher:
    """Knows what an `apply` was worth already: nothing is tried twice without a reason."""

    def __init__(self, hands: Hands, senses: Senses) -> None:
        self._hands, self._senses = hands, senses
        self._tried: frozenset[Chance] = frozenset()
        self._shown: tuple[str, ...] = ()

    async def once(self) -> int:
        """Look, and apply if that is worth it; the exit code of either."""
        seen = await self._hands.look()
        if seen.worth:
            return await self._hands.apply()
        self._show(seen)
        return Exit.PARKED if seen.is_parked else Exit.DONE

    async def run(self, is_over: Callable[[int], bool]) -> int:
        """Go on until an `apply` ends with a code that says so, or for ever."""
        code, is_news = await self._hands.apply(), True
        clock = Clock(self._senses.pause)
        while not is_over(code):
            reasons = (clock, *self._senses.reasons())  # before the look: nothing is missed
            seen = await self._hands.look()
            if is_news and code == Exit.PARKED:
                self._tried |= {each for each in seen.worth if each.is_step}
            is_news = False
            if new := seen.worth - self._tried:
                code, is_news = await self._apply(seen, new), True
                continue
            self._tried &= seen.worth
            self._show(seen)
            await self._wait(reasons, code)
        return code

    async def _apply(self, seen: Sight, new: frozenset[Chance]) -> int:
        self._tried = seen.worth
        self._senses.pause.reset()
        self._shown = ()
        for each in sorted(new):
            self._senses.say(each.words)
        return await self._hands.apply()

    async def _wait(self, reasons: Sequence[Reason], code: int) -> None:
        """What failed is tried again once anything has changed; what had to wait, by the clock."""
        why = await first(reasons)
        if why != Clock.WORDS:
            self._senses.pause.reset()
            self._senses.say(why)
        if why != Clock.WORDS or code in (Exit.PARKED, Exit.LOCKED):
            self._tried = frozenset()

    def _show(self, seen: Sight) -> None:
        """How things stand, once, and again when they stand otherwise."""
        if seen.lines and seen.lines != self._shown:
            self._shown = seen.lines
            for line in seen.lines:
                self._senses.say(line)
