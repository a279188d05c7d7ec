"""Runs jobs as processes of this machine; they live on when ymir ends, and the next one adopts."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import Field, JsonValue

from ymir.contracts.attempt import (
    Attempt,
    Ending,
    conclude,
    equip,
    follows_a_loss,
    has_ended_well,
    is_committed,
    last_line,
    newest,
    note,
    record,
    settled,
)
from ymir.contracts.backend import GRACE, Failed, Job, Outcome, Running
from ymir.contracts.excess import RESERVE, SMALL, of_disk, of_memory, of_processes, of_room
from ymir.contracts.exposure import shown_to_jobs
from ymir.errors import SpecError, StoreError
from ymir.gpus import Gpu, Slots, choose, gpus, missing, slots
from ymir.spec.base import Count, Spec
from ymir.spec.executor import ExecutorSpec, Resources, size_in_bytes

_SHIM = Path(__file__).with_name("_shim.py")
_NOTED = "patience.json"  # beside an attempt: how long its shim waits once it is asked to end it
_SPARE = 5.0  # seconds that a shim may need beyond that
_GLANCE = 0.2  # seconds between two looks at a log
_RECORDS = 2 * (16 << 10)  # bytes that a guard keeps for what it records
_PIECE = 1 << 16
_LOST = "its process vanished twice without a trace: killed, the disk full, or the machine down"


class Settings(Spec):
    """What may be said of processes."""

    workers: Count = Field(
        default=1,
        description="How many jobs run at once on this machine. One has all processors; more are "
        "worth it where a job leaves most of them idle.",
    )


@dataclass(frozen=True)
class Grant:
    """The GPUs of a job, and the locks that keep them its own."""

    gpus: tuple[str, ...] = ()
    locks: tuple[int, ...] = ()


_NO_GPUS = Grant()


def connect(settings: Mapping[str, JsonValue]) -> Processes:
    """A backend for this machine."""
    return Processes(width=Settings.model_validate(settings).workers)


def lacks(resources: Resources, settings: Mapping[str, JsonValue]) -> str | None:
    """GPUs, where NVIDIA's driver sees fewer than are asked for."""
    return missing(resources.gpus, gpus()) if resources.gpus else None


def is_contained(executor: ExecutorSpec) -> bool:
    """No job is: it sees its folder as it is."""
    return False


class Processes:
    """Jobs by folder; everything that is known of them lies there, but for who waits for GPUs."""

    def __init__(
        self,
        found: Callable[[], Sequence[Gpu]] = gpus,
        shared: Slots | None = None,
        width: int = 1,
    ) -> None:
        self.width = width
        self._find = found
        self._slots = shared or slots()
        self._waiting: set[Path] = set()

    def start(self, *jobs: Job) -> None:
        """Begin each job, unless it runs or has ended well; after a bad end, begin again."""
        for job in jobs:
            self._start(job)

    def _start(self, job: Job) -> None:
        if not job.command:
            raise SpecError(
                f"`{job.image}` is a container image, and the `process` backend runs commands only",
                hint="give the executor a `command`, or choose another `backend` in `Workspace`",
            )
        last = newest(job.folder)
        if is_committed(job.folder):
            return
        if last is None:
            self._begin(job, 1)
        elif not _is_running(last) and not has_ended_well(last, job.limit):
            _end_orphans(last)
            self._begin(job, last.number + 1)

    def poll(self, job: Job) -> Outcome:
        """How the job stands; an attempt that was lost is followed by one more."""
        last = newest(job.folder)
        if job.folder in self._waiting:
            self._begin(job, last.number + 1 if last else 1)
            return Running()
        if last is None or is_committed(job.folder):
            return settled(last, job.folder)
        if _is_running(last):
            progress = last.progress
            return Running(progress.share if progress else None)
        if (ending := last.ending) is None:
            return self._after_loss(job, last)
        return conclude(last, ending, job.folder, job.limit)

    def stop(self, *jobs: Job, patience: float = GRACE) -> None:
        """End the jobs, their children with them, and wait until they are gone."""
        self._waiting -= {job.folder for job in jobs}
        tried = (newest(job.folder) for job in jobs)
        asked = [each for each in tried if each and each.ending is None]
        for last in asked:
            with suppress(OSError):  # a full disk: then it is given the usual time
                note(last, _NOTED, {"seconds": patience})
            _signal_shim(last, signal.SIGTERM)
        deadline = time.monotonic() + patience + _SPARE
        for last in asked:
            _end(last, deadline)

    def is_running(self, job: Job) -> bool:
        """Whether an attempt's lock is held."""
        last = newest(job.folder)
        return last is not None and _is_running(last)

    def logs(self, job: Job, *, follow: bool) -> Iterator[str]:
        """The newest attempt's log; with `follow`, what is added to it until the job has ended."""
        last = newest(job.folder)
        if last is None:
            return
        with last.log.open("rb") as file:
            while True:
                is_over = not follow or not _is_running(last)
                while piece := file.read(_PIECE):
                    yield piece.decode(errors="replace")
                if is_over:
                    return
                time.sleep(_GLANCE)

    def _after_loss(self, job: Job, last: Attempt) -> Outcome:
        """One more try for a lost attempt, but not for two in a row."""
        if follows_a_loss(last, job.folder):
            return Failed(_LOST, last.log)
        _end_orphans(last)
        self._begin(job, last.number + 1)
        return Running()

    def _begin(self, job: Job, number: int) -> None:
        """Begin once its GPUs are free; they are its own as long as its shim lives."""
        if not job.resources.gpus:
            _begin(job, number)
            return
        if lack := missing(job.resources.gpus, self._found):
            raise SpecError(f"job `{job.name}`: {lack}", hint="ask for fewer `gpus`")
        with self._slots.choosing():
            busy = self._slots.taken(self._found)
            chosen = choose(job.resources.gpus, self._found, busy)
            if chosen is None:
                self._waiting.add(job.folder)
                return
            self._waiting.discard(job.folder)
            locks = [self._slots.take(gpu) for gpu in chosen]
            try:
                _begin(job, number, Grant(tuple(gpu.uuid for gpu in chosen), tuple(locks)))
            finally:
                for lock in locks:
                    os.close(lock)

    @cached_property
    def _found(self) -> Sequence[Gpu]:
        return self._find()


def environment(
    job: Job, outer: Mapping[str, str], env_file: Path | None, gpus: Sequence[str] = ()
) -> dict[str, str]:
    """What the executor finds in its environment. Pure."""
    where = {"DEFAULT_ENV_FILE_PATH": str(env_file)} if env_file else {}
    own = {"CUDA_VISIBLE_DEVICES": ",".join(gpus)} if gpus else {}
    return {**shown_to_jobs(outer), "PYTHONUNBUFFERED": "1", **job.env, **where, **own}


def limits(job: Job, out: Path) -> dict[str, JsonValue]:
    """What the shim keeps the job within, and what it says of one that it had to end. Pure."""
    may = job.resources
    sizes: dict[str, JsonValue] = {}
    if may.memory:
        sizes["memory"] = {"most": size_in_bytes(may.memory), "why": of_memory(may)}
    if may.disk:
        sizes["out"] = {"most": size_in_bytes(may.disk), "why": of_disk(may)}
    return {
        "seconds": job.limit,
        "pids": {"most": may.pids, "why": of_processes(may)},
        "room": {"most": RESERVE, "of": SMALL, "why": of_room(out)},
        "oom": {"why": of_memory(may.model_copy(update={"memory": None}))},
        **sizes,
    }


def _begin(job: Job, number: int, grant: Grant = _NO_GPUS) -> None:
    """Make attempt `number` and launch it; do nothing when another ymir was first."""
    try:
        lock = _claim(job.folder / "attempts", number)
        if lock is None:
            return
        try:
            attempt = Attempt(job.folder / "attempts" / str(number))
            equip(attempt, job.folder)
            _launch(job, attempt, lock, grant)
        finally:
            os.close(lock)
    except OSError as error:
        raise StoreError(
            f"job `{job.name}` cannot be started: {error}", hint="check disk space and permissions"
        ) from error


def _claim(folder: Path, number: int) -> int | None:
    """Create the attempt's folder with its lock held; None when it exists."""
    private = folder / f".{uuid.uuid4().hex}"
    private.mkdir(parents=True)
    lock = os.open(private / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        private.rename(folder / str(number))
    except OSError as error:
        os.close(lock)
        (private / "lock").unlink()
        private.rmdir()
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return None
    return lock


def _launch(job: Job, attempt: Attempt, lock: int, grant: Grant) -> None:
    folder = attempt.folder.absolute()
    env_file = folder / "env.yaml"
    command = [sys.executable, "-I", "-S", str(_SHIM), "run", str(folder), str(lock)]
    with attempt.log.open("ab") as log:
        launched = subprocess.run(  # noqa: S603 - running it is the point
            [*command, json.dumps(limits(job, attempt.out)), *job.command],
            check=False,
            cwd=folder,
            env=environment(job, os.environ, env_file if env_file.exists() else None, grant.gpus),
            pass_fds=(lock, *grant.locks),
            start_new_session=True,  # Ctrl-C is for ymir alone, also while this begins
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    if launched.returncode:
        raise _died(attempt)


def _died(attempt: Attempt) -> OSError:
    """What a guard said of its end; if its disk could not even take that, what the disk says."""
    said, room = last_line(attempt.log.read_text(errors="replace")), attempt.folder / "room"
    if said:
        return OSError(said)
    try:
        room.write_bytes(bytes(_RECORDS))
    except OSError as error:
        return error
    finally:
        room.unlink(missing_ok=True)
    return OSError("its guard died at once")


def _is_running(attempt: Attempt) -> bool:
    """Whether somebody, the shim or the ymir that prepares it, holds the attempt's lock."""
    try:
        lock = os.open(attempt.folder / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _signal_shim(attempt: Attempt, number: int) -> bool:
    """Tell the shim, which runs for sure while its lock is held; False when it is not known yet."""
    try:
        shim = json.loads((attempt.folder / "pids.json").read_text())["shim"]
    except (OSError, ValueError):
        return False
    if _is_running(attempt):
        os.kill(shim, number)
    return True


def _end(last: Attempt, deadline: float) -> None:
    """Wait for its end until then; one that has none yet by then is given one."""
    is_asked = False
    while _is_running(last) and time.monotonic() < deadline:
        is_asked = is_asked or _signal_shim(last, signal.SIGTERM)
        time.sleep(0.02)
    if last.ending is None:
        _signal_shim(last, signal.SIGKILL)
        _end_orphans(last)
        record(last, Ending("stopped"))


def _end_orphans(attempt: Attempt) -> None:
    """End what a killed shim left running."""
    command = [sys.executable, "-I", "-S", str(_SHIM), "end", str(attempt.folder)]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - our own file
