"""Executors: what a job costs beside its program, in a container and as a process.

The environment variable `YMIR_BENCH_IMAGE` names an image with `python3`; without it, one is made
of this machine's own Python. Without a container engine, that part is left out. In full, the
detector for GPUs is measured, too, in its quick form, where it is set up.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import executors_gpu
from exchange import Sizes, laying_out, reading, small_request
from figures import Figure, arguments, conclude

from ymir.contracts.backend import Backend, Done, Job, Running, backends
from ymir.engine.client import connect
from ymir.errors import EngineError
from ymir.jobs.folder import lay_out
from ymir.reconcile import POLL

NOTHING = ("python3", "-c", "pass")
WAITING = ("python3", "-c", "import time; time.sleep(3600)")
AT_MOST = 0.5  # seconds that a job may take longer than its program by itself
POLLS = 200


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "")
    times = 11 if asked.quick else 31
    sizes = Sizes(images=5_000, boxes=7) if asked.quick else Sizes(images=50_000, boxes=7)
    with tempfile.TemporaryDirectory(prefix="ymir-executors-") as name:
        folder = Path(name)
        figures = [*_processes(folder, times), *_containers(folder, times)]
        figures += [*laying_out(folder, 5_000), *reading(folder, sizes)]
        figures += executors_gpu.detector(is_quick=True) if not asked.quick else []
    conclude(figures, asked.json)


def _processes(folder: Path, times: int) -> list[Figure]:
    python = (sys.executable, *NOTHING[1:])
    job = Job("bench-process", python, folder / "process")
    backend = backends.load("process").connect({})
    return [
        *_overhead("a process", backend, job, lambda: _run(python), times),
        _polling("a process", backend, replace(job, command=(sys.executable, *WAITING[1:]))),
    ]


def _containers(folder: Path, times: int) -> list[Figure]:
    try:
        image = _image()
    except EngineError as error:
        print(f"{error}: no figures of containers", file=sys.stderr)
        return []
    job = Job("bench-container", NOTHING, folder / "container", image=image)
    backend = backends.load("docker").connect({})
    out = folder / "out"
    out.mkdir()
    volumes = ("-v", f"{folder}:/in:ro", "-v", f"{out}:/out")
    plain = ("docker", "run", "--rm", *volumes, image, *NOTHING)
    return [
        *_overhead("a container", backend, job, lambda: _run(plain), times),
        _polling("a container", backend, replace(job, command=WAITING)),
    ]


def _overhead(
    what: str, backend: Backend, job: Job, plain: Callable[[], None], times: int
) -> list[Figure]:
    """Both by turns, so that what else the machine does strikes both."""
    ours, alone = [], []
    for number in range(times):
        each = _another(job, str(number))
        ours.append(_seconds(lambda each=each: _done(backend, each)))
        alone.append(_seconds(plain))
    mine, theirs = statistics.median(ours), statistics.median(alone)
    said = f"(median of {times})"
    return [
        Figure(f"{what}, until ymir knows that it is done {said}", mine, "s"),
        Figure(f"{what}, the same command by itself {said}", theirs, "s"),
        Figure(f"{what}: the difference", mine - theirs, "s", "at most", AT_MOST),
    ]


def _polling(what: str, backend: Backend, job: Job) -> Figure:
    each = _another(job, "polled")
    with _running(backend, each):
        took = _seconds(lambda: [backend.poll(each) for _ in range(POLLS)])
    share = 100 * took / POLLS / POLL
    return Figure(f"{what}: looking at it, of the time between two looks", share, "%", "at most", 5)


def _another(job: Job, name: str) -> Job:
    """The same job once more, laid out."""
    each = replace(job, name=f"{job.name}-{name}", folder=job.folder / name)
    each.folder.mkdir(parents=True)
    root = PurePosixPath("/") if job.image else None
    lay_out(small_request(each.folder), each.folder, root=root)
    return each


@contextlib.contextmanager
def _running(backend: Backend, job: Job) -> Iterator[None]:
    backend.start(job)
    try:
        yield
    finally:
        backend.stop(job)


def _done(backend: Backend, job: Job) -> None:
    """As the loop does it."""
    backend.start(job)
    while isinstance(outcome := backend.poll(job), Running):
        time.sleep(POLL)
    if not isinstance(outcome, Done):
        raise SystemExit(f"{job.name}: {outcome}")


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _seconds(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def _image() -> str:
    connect()
    if told := os.environ.get("YMIR_BENCH_IMAGE"):
        return told
    sys.path.append(str(Path(__file__).parents[1]))
    from tests.containers.base import base

    return base()


if __name__ == "__main__":
    main()
