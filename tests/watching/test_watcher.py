"""The watcher applies where a look says that it is worth it, and no more often."""

import asyncio
from collections.abc import Iterator, Sequence

from tests.watching.loops import run
from ymir.errors import Exit
from ymir.watching.reasons import Clock, Pause
from ymir.watching.sight import Chance, Sight
from ymir.watching.watcher import Senses, Watcher

DONE = Chance("helmet-r1 done", "helmet-r1 is done")
READY = Chance("send 1234", "helmet/r1/send  (does not exist yet)", is_step=True)


class Hands:
    """Answers as it was told, and remembers what was asked of it."""

    def __init__(self, codes: Sequence[int], sights: Sequence[Sight]) -> None:
        self.did: list[str] = []
        self._codes, self._sights = iter(codes), iter(sights)

    async def apply(self) -> int:
        self.did.append("apply")
        return next(self._codes)

    async def look(self) -> Sight:
        self.did.append("look")
        return next(self._sights)


class Told:
    """A reason that comes as often as it has words for it, and then never."""

    def __init__(self, words: Iterator[str]) -> None:
        self._words = words

    async def comes(self) -> str:
        return next(self._words, None) or await asyncio.Event().wait()


def sees(*worth: Chance, lines: Sequence[str] = ()) -> Sight:
    return Sight(frozenset(worth), tuple(lines))


def watched(
    codes: Sequence[int], sights: Sequence[Sight], words: Sequence[str] = ()
) -> tuple[list[str], list[str], int]:
    """What was done and said until an `apply` waited for nobody, and the exit code."""
    hands, said, rings = Hands(codes, sights), [], iter(words)
    senses = Senses(Pause(1000), lambda: (Told(rings),), said.append)
    code = run(Watcher(hands, senses).run(lambda code: code != Exit.PARKED))
    return hands.did, said, code


def test_it_waits_while_people_have_the_batch_and_applies_when_they_are_done() -> None:
    looks = [sees(lines=["2 of 6"]), sees(lines=["2 of 6"]), sees(lines=["4 of 6"]), sees(DONE)]
    did, said, code = watched([3, 0], looks, ["a call"] * 3)
    assert did == ["apply", "look", "look", "look", "look", "apply"]
    assert said == ["2 of 6", "a call", "a call", "4 of 6", "a call", "helmet-r1 is done"]
    assert code == Exit.DONE


def test_an_apply_that_changes_nothing_is_not_repeated_at_once() -> None:
    did, _, _ = watched([3, 3, 0], [sees(DONE), sees(DONE), sees(DONE, READY)], ["a call"])
    assert did == ["apply", "look", "apply", "look", "look", "apply"]


def test_what_could_not_run_is_tried_again_by_the_clock_while_a_tool_does_not_answer() -> None:
    looks = [sees(READY), sees(READY)]
    did, _, code = watched([3, 4], looks, [Clock.WORDS])
    assert did == ["apply", "look", "look", "apply"]
    assert code == Exit.GOAL_MISSED


def test_what_became_ready_after_an_apply_is_run_at_once() -> None:
    looks = [sees(), sees(READY)]
    did, said, _ = watched([3, 0], looks, ["files have changed"])
    assert did == ["apply", "look", "look", "apply"]
    assert said == ["files have changed", READY.words]


def test_what_failed_is_not_tried_again_by_the_clock_but_once_something_changed() -> None:
    looks = [sees(READY)] * 6
    hands, said = Hands([1, 1, 0], looks), []
    rings = iter([Clock.WORDS, Clock.WORDS, "files have changed"])
    senses = Senses(Pause(1000), lambda: (Told(rings),), said.append)
    run(Watcher(hands, senses).run(lambda code: code == Exit.DONE))
    assert hands.did == ["apply", "look", "apply", "look", "look", "look", "look", "apply"]


def test_one_look_applies_only_where_that_is_worth_it() -> None:
    senses = Senses(Pause(1000), tuple, [].append)
    hands = Hands([3], [sees(DONE)])
    assert run(Watcher(hands, senses).once()) == Exit.PARKED
    assert hands.did == ["look", "apply"]
    hands = Hands([], [Sight(is_parked=True)])
    assert run(Watcher(hands, senses).once()) == Exit.PARKED
    hands = Hands([], [Sight()])
    assert run(Watcher(hands, senses).once()) == Exit.DONE
    assert hands.did == ["look"]
