"""What wakes a watcher, on a clock that the tests turn."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.watching.loops import apart
from ymir.watching.reasons import FIRST, Bell, Clock, Files, Pause, first

T = TypeVar("T")


class _Turned(asyncio.SelectorEventLoop):
    """Where everybody sleeps, the time has passed."""

    passed = 0.0

    def time(self) -> float:
        return super().time() + self.passed

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:
            self.passed += max(0.0, self._scheduled[0].when() - self.time())
        super()._run_once()


def turned(work: Callable[[Callable[[], float]], Awaitable[T]]) -> T:
    """What comes of it; it is given the clock."""

    async def begun() -> T:
        return await work(asyncio.get_running_loop().time)

    def run() -> T:
        with asyncio.Runner(loop_factory=_Turned) as runner:
            return runner.run(begun())

    return apart(run)


def test_pauses_grow_up_to_the_longest_until_something_moves() -> None:
    pause = Pause(longest=100)
    lengths = []
    for _ in range(4):
        lengths.append(pause.seconds)
        pause.grow()
    assert lengths == [FIRST, 60, 100, 100]
    pause.reset()
    assert pause.seconds == FIRST
    assert Pause(longest=5).seconds == 5


def test_the_clock_lets_the_pause_pass_and_makes_it_longer() -> None:
    async def two(now: Callable[[], float]) -> tuple[float, float]:
        clock, begun = Clock(Pause(300)), now()
        await clock.comes()
        between = now()
        await clock.comes()
        return round(between - begun), round(now() - between)

    assert turned(two) == (30, 60)


def test_a_burst_of_rings_is_heard_once_and_what_rings_later_again() -> None:
    async def heard(now: Callable[[], float]) -> list[str]:
        bell, said = Bell(), []
        for _ in range(50):
            bell.ring("a burst")
        said.append(await first([bell, Clock(Pause(1000))]))
        said.append(await first([bell, Clock(Pause(1000))]))
        bell.ring("later")
        said.append(await first([bell, Clock(Pause(1000))]))
        return said

    assert turned(heard) == ["a burst", Clock.WORDS, "later"]


def test_a_ring_while_nobody_listened_is_heard() -> None:
    async def heard(_: Callable[[], float]) -> str:
        bell = Bell()
        await first([bell, Clock(Pause(1))])
        bell.ring("now")
        return await first([bell, Clock(Pause(1000))])

    assert turned(heard) == "now"


def test_a_bell_that_never_stops_does_not_make_the_watcher_look_all_the_time() -> None:
    async def heard(now: Callable[[], float]) -> float:
        bell, begun = Bell(), now()
        for _ in range(5):
            bell.ring("again")
            await bell.comes()
        return now() - begun

    assert turned(heard) >= 20


def test_files_that_change_are_a_reason_once_nobody_writes_any_more() -> None:
    async def heard(_: Callable[[], float]) -> tuple[str, int]:
        stamps = iter([0, 0, 0, 1, 2, 3, 3, 3])
        seen = []

        def stamp() -> int:
            seen.append(next(stamps))
            return seen[-1]

        return await Files(stamp, "files have changed").comes(), seen[-1]

    assert turned(heard) == ("files have changed", 3)


def test_what_changed_while_nobody_waited_is_a_reason() -> None:
    async def heard(_: Callable[[], float]) -> str:
        stamps = [0]
        files = Files(lambda: stamps[0], "files have changed")
        stamps[0] = 1
        return await files.comes()

    assert turned(heard) == "files have changed"
