"""How the jobs of a workspace stand, read from their folders; looking changes nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir.contracts.attempt import Attempt, attempts, verdict
from ymir.contracts.backend import Done, Job
from ymir.contracts.ticket import FILE, tickets
from ymir.errors import EngineError, PluginError, SpecError
from ymir.plugins import nearest

# Of a job that is `ended`, nobody has looked yet at how it did.
RUNNING, WAITING, ENDED, UNKNOWN = "running", "waiting", "ended", "unknown"
DONE, FAILED, STOPPED, LOST = "done", "failed", "stopped", "lost"
OPEN = (RUNNING, WAITING, ENDED, UNKNOWN)  # states of a job that is not settled

_STAGE = re.compile(r"(.+)-(r[0-9]+)-([a-z]+)-([0-9a-f]{12})")
_FEW = 6
_LONGEST_LINE = 1 << 16
_END = re.compile(r"\r?\n|\r(?!$)")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

IsRunning = Callable[[Job], bool]


@dataclass(frozen=True)
class Standing:
    """A job, and what became of it: `why` is one line where it did not go well."""

    job: Job
    name: str  # its folder, seen from the folder of all jobs
    stage: str | None  # None for a job that no stage asked for
    state: str
    why: str = ""
    attempt: int = 0
    share: float | None = None  # of the work is done, as far as the executor says
    since: float | None = None  # when its newest attempt began: seconds since 1970
    seconds: float | None = None  # how long that attempt took, or has taken so far


def standings(
    jobs: Path, is_running: IsRunning, failures: Mapping[str, str], now: float
) -> list[Standing]:
    """Every job below the folder `jobs`: those that are not settled first, then the newest."""
    home = jobs.resolve()
    own = (each for each in tickets(jobs) if each.folder.resolve().is_relative_to(home))
    found = [_standing(home, each, is_running, failures, now) for each in own]
    return sorted(found, key=lambda each: (each.state not in OPEN, -(each.since or now)))


def is_of_process(attempt: Attempt) -> bool:
    """Whether a process of this machine worked on it, and no container."""
    return (attempt.folder / "lock").exists()


def find(known: Sequence[Standing], word: str) -> Standing:
    """The job of this name or stage, or whose name begins so; the one that runs, if there is one.

    Of the jobs of one stage, it is the newest.
    """
    named = [each for each in known if each.name == word]
    staged = [each for each in known if each.stage == word]
    begun = [each for each in known if each.name.startswith(word)]
    matching = named or staged or begun
    if not matching:
        raise SpecError(f"no job is called `{word}`", hint=_near(known, word))
    still = [each for each in matching if each.state in OPEN]
    if len(still or matching) > 1 and not (named or staged):
        names = ", ".join(each.name for each in (still or matching)[:_FEW])
        raise SpecError(f"several jobs are called `{word}…`", hint=f"which one? {names}")
    return (still or matching)[0]


def lines(pieces: Iterator[str]) -> Iterator[str]:
    """What a program printed, line by line, without colours; each state of a bar is a line."""
    rest: list[str] = []  # joined when a line ends: pieces may be single letters
    size = 0
    for piece in pieces:
        if "\n" in piece or "\r" in piece or (rest and rest[-1].endswith("\r")):
            *whole, left = _END.split("".join([*rest, piece]))
            yield from map(_plain, whole)
            rest, size = [left], len(left)
        else:
            rest.append(piece)
            size += len(piece)
        if size > _LONGEST_LINE:
            yield _plain("".join(rest))
            rest, size = [], 0
    if last := "".join(rest):
        yield _plain(last.rstrip("\r"))


def _plain(line: str) -> str:
    return _COLOUR.sub("", line)


def _near(known: Sequence[Standing], word: str) -> str:
    words = list(dict.fromkeys(each.stage or each.name for each in known))
    if not words:
        return "there is none; `ymir apply` begins what is missing"
    return nearest(word, [*words, *(each.name for each in known if each.stage)][:_FEW])


def _standing(
    jobs: Path, job: Job, is_running: IsRunning, failures: Mapping[str, str], now: float
) -> Standing:
    name = job.folder.resolve().relative_to(jobs).as_posix()
    found = _STAGE.fullmatch(name.partition("/")[0])
    tried = attempts(job.folder)
    last = tried[-1] if tried else None
    state, why = _state(job, last, is_running, failures.get(found[4], "") if found else "")
    began = _began(last) if last else None
    ending = last.ending if last else None
    so_far = max(0.0, now - began) if began is not None and state == RUNNING else None
    return Standing(
        job=job,
        name=name,
        stage="/".join(found.groups()[:3]) if found else None,
        state=state,
        why=why,
        attempt=last.number if last else 0,
        share=last.progress.share if last and state == RUNNING and last.progress else None,
        since=began,
        seconds=ending.seconds if ending else so_far,
    )


def _state(job: Job, last: Attempt | None, is_running: IsRunning, refused: str) -> tuple[str, str]:
    """Its state, and one line where something is wrong."""
    ending = last.ending if last else None
    if last is None or ending is None:
        return _of_open(job, last, is_running)
    outcome = verdict(ending, last.progress, job.limit)
    if isinstance(outcome, Done):
        is_refused = refused and not (job.folder / "out").exists()
        is_refused = is_refused and any(job.folder.glob("rejected-*"))
        return (FAILED, refused) if is_refused else (DONE, "")
    if _is_asked_for_again(job, last):
        return _of_open(job, None, is_running)
    return (STOPPED if ending.how == "stopped" else FAILED), outcome.why


def _of_open(job: Job, last: Attempt | None, is_running: IsRunning) -> tuple[str, str]:
    try:
        if is_running(job):
            return RUNNING, _waits(last)
    except (EngineError, PluginError) as error:
        return UNKNOWN, str(error)
    if last is None:
        return WAITING, ""
    if job.image and not is_of_process(last):
        return ENDED, "the next `ymir apply` looks at how"
    return LOST, "it vanished without a trace: killed, or the machine was down"


def _waits(last: Attempt | None) -> str:
    """What its backend noted of why nothing runs yet, such as that no node has room."""
    try:
        said = (last.folder / "waits.txt").read_text(encoding="utf-8") if last else ""
    except OSError:
        return ""
    return f"it waits: {' '.join(said.split())}" if said else ""


def _is_asked_for_again(job: Job, last: Attempt) -> bool:
    """Whether the ticket was written once more after the attempt had ended badly."""
    try:
        ended = (last.folder / "exit.json").stat().st_mtime_ns
        return (job.folder / FILE).stat().st_mtime_ns > ended
    except OSError:
        return False


def _began(attempt: Attempt) -> float | None:
    """When its first file was written."""
    try:
        return min((path.stat().st_mtime for path in attempt.folder.iterdir()), default=None)
    except OSError:
        return None  # it is being removed
