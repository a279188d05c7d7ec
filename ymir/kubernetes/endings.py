"""What the end of a Job means for the attempt that ran in it."""

from __future__ import annotations

from ymir.contracts.attempt import Attempt, Ending, attempts, verdict
from ymir.contracts.backend import Done, Job
from ymir.engine.state import Asked, ending
from ymir.kubernetes.standing import Late, Lost, Over, Runs, Standing, Unfit, Waits

_KILLED = -9


def ending_of(
    job: Job, last: Attempt, now: Standing, asked: Asked | None, tail: str, tries: int
) -> Ending | None:
    """How the attempt ended; None where it was lost, and may be followed by another.

    `tail` is the end of what it printed; so many `tries` in a row may be lost.
    """
    match now:
        case Over(why=str(why)) if why and asked is None:
            return Ending("ended", now.state.code, tail=why)
        case Over():
            return ending(job, now.state, asked, tail or now.tail)
        case Late():
            return Ending("timeout", seconds=now.seconds)
        case Unfit():
            return Ending("unstartable", tail=now.why)
        case Lost() if asked is not None:
            return Ending(asked.how, _KILLED, now.seconds, asked.why)
        case Lost():
            return _after_loss(job, last, now, tries)
        case Waits() | Runs():
            return Ending(asked.how if asked else "stopped", _KILLED)


def _after_loss(job: Job, last: Attempt, now: Lost, tries: int) -> Ending | None:
    """One whose program had ended well before has not lost anything."""
    through = Ending("stopped", 0, now.seconds)
    if now.is_through and isinstance(verdict(through, last.progress, job.limit), Done):
        return through
    lost = _losses(job)
    if lost < tries:
        return None
    times = "once" if lost == 1 else f"{lost} times in a row"
    return Ending("ended", tail=f"was lost {times}: {now.why}")


def _losses(job: Job) -> int:
    """How many of the last tries have no end, this one with them."""
    count = 0
    for each in reversed(attempts(job.folder)):
        if each.ending is not None:
            break
        count += 1
    return count
