"""The scene in which a training is asked to end, and goes on afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from ymir.contracts.monitor import read_monitor
from ymir.rehearsal.company import Company
from ymir.rehearsal.judging import of_ending, of_result, summed
from ymir.rehearsal.pictures import plain
from ymir.rehearsal.rules import Finding, breaks, holds, unchecked
from ymir.rehearsal.take import ASKED_TO_END, Take, Watch, act, interrupt, newest

_BRIEF = 2.0  # seconds; a training that takes less gets more to do, so that it can be met at work
_MANY = 240  # pictures
_SOON = 0.6  # of the time that the whole training took
_PART = 0.3  # of the work
_AT_LEAST = 0.3  # seconds


def interruption(company: Company, first: Take) -> Iterator[Finding]:
    """Stop a training in the middle; `first` is how the whole of it went."""
    pictures = plain(company.folder / "many", training=_MANY if first.seconds < _BRIEF else 12)
    request = company.training(pictures)
    job = company.job("stopped", request)
    limit = max(_AT_LEAST, _SOON * first.seconds) if first.is_done else min(_BRIEF, job.limit / 2)

    def is_enough(watch: Watch, seconds: float) -> bool:
        return seconds > limit or (first.is_done and _is_at_work(watch))

    stop = interrupt(job, company.backend, is_enough)
    if not stop.was_running:
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


def _is_at_work(watch: Watch) -> bool:
    """Whether it has said that a good part of the work is done."""
    last = read_monitor(watch.monitors[-1]) if watch.monitors else None
    return last is not None and _PART <= last.share < 1
