"""The watcher applies where a look says that it is worth it, and no more often."""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from tests.watching.loops import run
from ymir.errors import Exit
from ymir.watching.board import Board
from ymir.watching.processes import KILLED
from ymir.watching.reasons import Again, Clock, Pause
from ymir.watching.sight import Chance, Sight
from ymir.watching.watcher import Senses, Watcher

DONE = Chance("helmet-r1 done", "helmet-r1 is done")
READY = Chance("send 1234", "helmet/r1/send  (does not exist yet)", is_step=True)
BROKEN = ("specs/a.yaml:3:1: name: is missing",)


class Hands:
    """Answers as it was told, and remembers what was asked of it."""

    def __init__(self, codes: Sequence[int], sights: Sequence[Sight]) -> None:
        self.did: list[str] = []
        self._codes, self._sights = iter(codes), iter(sights)

    async def advance(self) -> None:
        """Nothing is followed here."""

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


class Face:
    """Remembers what it was shown."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.noted: list[str] = []
        self.boards: list[Board] = []

    def say(self, words: str) -> None:
        self.said.append(words)

    def note(self, event: str, **_: object) -> None:
        self.noted.append(event)

    def show(self, board: Board) -> None:
        self.boards.append(board)


def sees(*worth: Chance, lines: Sequence[str] = ()) -> Sight:
    return Sight(frozenset(worth), tuple(lines))


def senses_of(face: Face, words: Sequence[str], again: float = 1000) -> Senses:
    rings = iter(words)
    return Senses(Pause(1000), lambda: (Told(rings),), face, Pause(again, again))


def watched(
    codes: Sequence[int],
    sights: Sequence[Sight],
    words: Sequence[str] = (),
    is_over: Callable[[int], bool] = lambda code: code != Exit.PARKED,
    again: float = 1000,
) -> tuple[list[str], Face, int]:
    """What was done and shown until an `apply` was the last, and the exit code."""
    hands, face = Hands(codes, sights), Face()
    code = run(Watcher(hands, senses_of(face, words, again)).run(is_over))
    return hands.did, face, code


def test_it_waits_while_people_have_the_batch_and_applies_when_they_are_done() -> None:
    balances = (["2 of 6"], ["2 of 6"], ["4 of 6"])
    looks = [sees(READY), *(sees(lines=each) for each in balances), sees(DONE)]
    did, face, code = watched([3, 0], looks, ["a call"] * 3)
    assert did == ["look", "apply", "look", "look", "look", "look", "apply"]
    told = [READY.words, "2 of 6", "a call", "a call", "4 of 6", "a call", "helmet-r1 is done"]
    assert face.said == told
    assert code == Exit.DONE


def test_the_first_apply_comes_whether_it_seems_worth_it_or_not() -> None:
    assert watched([0], [sees()])[0] == ["look", "apply"], "a killed run may have left something"


def test_an_apply_that_changes_nothing_is_not_repeated_at_once() -> None:
    looks = [sees(), sees(DONE), sees(DONE), sees(DONE, READY)]
    did, _, _ = watched([3, 3, 0], looks, ["a call"])
    assert did == ["look", "apply", "look", "apply", "look", "look", "apply"]


def test_what_could_not_run_is_tried_again_by_the_clock_while_a_tool_does_not_answer() -> None:
    did, _, code = watched([3, 4], [sees(), sees(READY), sees(READY)], [Clock.WORDS])
    assert did == ["look", "apply", "look", "look", "apply"]
    assert code == Exit.GOAL_MISSED


def test_what_became_ready_after_an_apply_is_run_at_once() -> None:
    did, face, _ = watched([3, 0], [sees(), sees(), sees(READY)], ["files have changed"])
    assert did == ["look", "apply", "look", "look", "apply"]
    assert face.said == ["files have changed", READY.words]


def test_what_failed_is_not_tried_again_by_the_clock_but_once_something_changed() -> None:
    failed = (sees() for _ in range(3))
    looks = [sees(READY), *failed, sees(READY)]
    rings = [Clock.WORDS, Clock.WORDS, "files have changed"]
    did, _, _ = watched([1, 0], looks, rings, lambda code: code == Exit.DONE)
    assert did == ["look", "apply", "look", "look", "look", "look", "apply"]


def test_what_was_killed_locked_or_left_by_a_failure_is_tried_again_by_itself() -> None:
    looks = [sees(READY)] * 7
    codes = [KILLED, Exit.LOCKED, Exit.FAILED, Exit.DONE]
    did, _, _ = watched(codes, looks, (), lambda code: code == Exit.DONE, again=0.01)
    assert did == ["look", "apply", *["look", "look", "apply"] * 3]
    assert Again.WORDS not in watched([0], [sees()])[1].said


def test_broken_specs_are_told_once_and_mended_ones_once() -> None:
    broken = Sight(broken=BROKEN)
    looks = [sees(), sees(), broken, broken, sees(), sees(DONE)]
    _, face, _ = watched([3, 0], looks, ["a call"] * 4)
    assert [each for each in face.said if each not in ("a call", DONE.words)] == [
        f"error: {BROKEN[0]}",
        "the specs are broken; until they are mended, the last good ones hold",
        "the specs are right again",
    ]

    assert (face.noted.count("broken"), face.noted.count("mended")) == (1, 1)


def test_nothing_is_applied_while_something_holds_it_and_all_that_was_worth_it_afterwards() -> None:
    held = Sight(frozenset({READY}), held="a rebase is under way here")
    did, face, code = watched([0], [held, held, sees(READY)], ["files have changed"] * 2)
    assert did == ["look", "look", "look", "apply"]
    assert code == Exit.DONE
    assert face.said.count("! a rebase is under way here") == 1
    assert "that is over" in face.said


def test_the_time_of_the_last_agreement_is_that_of_a_look_that_found_nothing() -> None:
    hands, face = Hands([3, 0], [sees(READY), sees(), sees(READY)]), Face()
    times = iter([10.0, 20.0, 30.0])
    senses = Senses(
        Pause(1000), lambda: (Told(iter(["a call"])),), face, Pause(1000), now=lambda: next(times)
    )
    run(Watcher(hands, senses).run(lambda code: code == Exit.DONE))
    assert [each.synced for each in face.boards] == [None, 20.0, 20.0]
    assert [each.is_applying for each in face.boards] == [True, False, True]


def test_one_look_applies_only_where_that_is_worth_it() -> None:
    senses = senses_of(Face(), ())
    hands = Hands([3], [sees(DONE)])
    assert run(Watcher(hands, senses).once()) == Exit.PARKED
    assert hands.did == ["look", "apply"]
    hands = Hands([], [Sight(is_parked=True)])
    assert run(Watcher(hands, senses).once()) == Exit.PARKED
    hands = Hands([], [Sight()])
    assert run(Watcher(hands, senses).once()) == Exit.DONE
    assert hands.did == ["look"]
    hands = Hands([], [Sight(frozenset({READY}), held="the branch was rewritten")])
    assert run(Watcher(hands, senses).once()) == Exit.FAILED
    assert hands.did == ["look"]
