"""The scene in which a training is asked to end, and goes on afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ymir.contracts.backend import Job
from ymir.contracts.monitor import read_monitor
from ymir.rehearsal.company import Company
from ymir.rehearsal.judging import of_ending, of_result, summed
from ymir.rehearsal.pictures import Pictures, plain
from ymir.rehearsal.rules import Finding, breaks, holds, unchecked
from ymir.rehearsal.take import ASKED_TO_END, Take, Watch, act, interrupt, newest

_BRIEF = 2.0  # seconds; a training that takes less gets more to do, so that it can be met at work
_FEW, _MANY = 12, 240  # pictures
_TIMES = 4
_SOON = 0.6  # of the time that the whole training took
_PART = 0.3  # of the work
_AT_LEAST = 0.3  # seconds


def interruption(company: Company, first: Take) -> Iterator[Finding]:
    """Stop a training in the middle; `first` is how the whole of it went.

    One that has ended before it could be asked gets more pictures, and then still more.
    """
    for pictures in _more_and_more(company, first):
        request = company.training(pictures)
        job = company.job(f"stopped-{len(pictures.training)}", request)
        stop = interrupt(job, company.backend, _enough(first, job))
        if stop.was_running:
            break
    else:
        yield unchecked("stops", "it had ended before it could be asked")
        yield unchecked("resumes", "it had ended before it could be asked")
        return
    if stop.was_killed:
        yield breaks(
            "stops", f"it went on after SIGTERM, and was killed {ASKED_TO_END:.0f} s later"
        )
    else:
        yield holds("stops", f"after {stop.seconds:.1f} s")
    if not first.is_done:
        return
    last = newest(job)
    if last is None or not any(last.out.glob("checkpoint*")):
        yield unchecked("resumes", "it leaves no checkpoint: it begins again (optional)")
        return
    take = act("resumed", job, company.backend)
    yield summed("resumes", (*of_ending(take), *of_result(take, request)))


def _more_and_more(company: Company, first: Take) -> Iterator[Pictures]:
    least = _MANY if first.seconds < _BRIEF else _FEW
    for count in (least, _TIMES * least, _TIMES**2 * least):
        yield plain(company.folder / f"many-{count}", training=count)


def _enough(first: Take, job: Job) -> Callable[[Watch, float], bool]:
    """When a training that began so many seconds ago, of which so much was seen, is to be asked."""
    limit = max(_AT_LEAST, _SOON * first.seconds) if first.is_done else min(_BRIEF, job.limit / 2)

    def is_enough(watch: Watch, seconds: float) -> bool:
        return seconds > limit or (first.is_done and _is_at_work(watch))

    return is_enough


def _is_at_work(watch: Watch) -> bool:
    """Whether it has said that a good part of the work is done."""
    last = read_monitor(watch.monitors[-1]) if watch.monitors else None
    return last is not None and _PART <= last.share < 1
