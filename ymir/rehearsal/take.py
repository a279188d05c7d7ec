"""One job of a rehearsal, run as the loop would run it, and all that could be seen of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ymir.contracts.attempt import MONITOR_BYTES, Attempt, Ending, attempts, last_line
from ymir.contracts.backend import Backend, Done, Failed, Job, Running
from ymir.contracts.foreign import beginning
from ymir.dvc.objects import md5_of_file

GLANCE = 0.02  # seconds between two looks at a job
_TAIL_BYTES = 4000
ASKED_TO_END = 5.0  # seconds between SIGTERM and SIGKILL, for every backend


@dataclass(frozen=True)
class Take:
    """How a job went; `monitors` are the different texts that `monitor.txt` was seen with."""

    scene: str
    job: Job
    outcome: Done | Failed
    monitors: tuple[str, ...] = ()
    seconds: float = 0.0
    scribbled: tuple[str, ...] = ()  # files of `in/` that are not what they were
    printed: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it ended well."""
        return isinstance(self.outcome, Done)

    @property
    def why(self) -> str:
        """Why it did not end well."""
        return self.outcome.why if isinstance(self.outcome, Failed) else ""

    @property
    def out(self) -> Path:
        """What it wrote, committed or not."""
        committed = self.job.folder / "out"
        last = newest(self.job)
        return last.out if last and not committed.exists() else committed

    @property
    def ending(self) -> Ending | None:
        """How its last attempt ended."""
        last = newest(self.job)
        return last.ending if last else None


@dataclass
class Watch:
    """What is seen of a job while it runs."""

    job: Job
    monitors: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Read `monitor.txt`, and keep what it says if it is new."""
        for folder in _outs(self.job):
            try:
                said = beginning(folder / "monitor.txt", MONITOR_BYTES)
            except OSError:
                continue
            text = said.decode(errors="replace")
            if text and text not in self.monitors[-1:]:
                self.monitors.append(text)
            return


def act(scene: str, job: Job, backend: Backend) -> Take:
    """Start the job, watch it to its end, and look what became of its inputs."""
    before, since, watch = _stamps(job), time.monotonic(), Watch(job)
    outcome = follow(job, backend, watch)
    watch.look()
    return Take(
        scene=scene,
        job=job,
        outcome=outcome,
        monitors=tuple(watch.monitors),
        seconds=time.monotonic() - since,
        scribbled=tuple(_changed(before, _stamps(job))),
        printed=printed(job, backend),
    )


def follow(job: Job, backend: Backend, watch: Watch) -> Done | Failed:
    """Start the job and wait until it has ended; it is stopped if the wait is given up."""
    try:
        backend.start(job)
        while isinstance(outcome := backend.poll(job), Running):
            watch.look()
            time.sleep(GLANCE)
    except BaseException:
        backend.stop(job)
        raise
    return outcome


@dataclass(frozen=True)
class Stop:
    """How a job took being stopped: whether it still ran then, and how long it went on."""

    was_running: bool
    seconds: float
    was_killed: bool
    why: str = ""  # how it had ended by itself


def interrupt(job: Job, backend: Backend, patience: Callable[[Watch, float], bool]) -> Stop:
    """Start the job, and ask it to end when `patience` (what is seen, seconds) is over."""
    watch, since = Watch(job), time.monotonic()
    backend.start(job)
    while isinstance(outcome := backend.poll(job), Running):
        watch.look()
        if patience(watch, time.monotonic() - since):
            break
        time.sleep(GLANCE)
    asked = time.monotonic()
    backend.stop(job)
    took = time.monotonic() - asked
    last = newest(job)
    ending = last.ending if last else None
    if ending is None or ending.how != "stopped":
        return Stop(False, took, False, outcome.why if isinstance(outcome, Failed) else "")
    return Stop(True, took, _was_killed(ending, took))


def newest(job: Job) -> Attempt | None:
    """The last try at the job."""
    tried = attempts(job.folder)
    return tried[-1] if tried else None


def printed(job: Job, backend: Backend) -> str:
    """The last line that it printed."""
    text = ""
    for piece in backend.logs(job, follow=False):
        text = (text + piece)[-_TAIL_BYTES:]
    return last_line(text)


def _was_killed(ending: Ending, took: float) -> bool:
    """By its status (-9 of a process, 137 of a container), or by the time it took."""
    return ending.code in (-9, 137) or took >= ASKED_TO_END


def _outs(job: Job) -> list[Path]:
    last = newest(job)
    return [*([last.out] if last else []), job.folder / "out"]


def _stamps(job: Job) -> dict[str, str]:
    """The digest of every file that the job is given to read."""
    inputs = job.folder / "in"
    files = (path for path in inputs.rglob("*") if path.is_file())
    return {path.relative_to(inputs).as_posix(): md5_of_file(path) for path in sorted(files)}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
