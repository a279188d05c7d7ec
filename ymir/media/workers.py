"""Spread work over processes, where there is enough of it to pay for their start."""

import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from ymir.errors import StoreError

_WORTH = 1.0  # seconds of work that justify one more process
_PIECE = 500  # items in one message

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    work: Callable[[Sequence[Item]], list[Result]],
    items: Sequence[Item],
    *,
    seconds: float,
    piece: int = _PIECE,
) -> list[Result]:
    """`work(items)`, done in pieces by several processes if it would take `seconds` in one.

    `work` treats each item by itself and must be picklable: a module's function or a `partial`.
    """
    return [result for part in stream(work, items, seconds=seconds, piece=piece) for result in part]


def stream(
    work: Callable[[Sequence[Item]], Result],
    items: Sequence[Item],
    *,
    seconds: float,
    piece: int = _PIECE,
    in_threads: bool = False,
) -> Iterator[Result]:
    """`work` of each piece of the items, in order, as it is done.

    Threads start at once, and are as fast as processes where most of the time goes into the system
    or into hashing.
    """
    pieces = [items[at : at + piece] for at in range(0, len(items), piece)]
    workers = min(len(os.sched_getaffinity(0)), int(seconds / _WORTH), len(pieces))
    if workers < 2:
        yield from map(work, pieces)
    elif in_threads:
        yield from _in_threads(work, pieces, workers)
    else:
        yield from _in_processes(work, pieces, workers)


def apart(work: Callable[[], Result], *, died: Exception) -> Result:
    """`work()`, done by a process of its own; `died` is raised where that does not survive it.

    For bytes of strangers and libraries that may end the process over them. `work` is picklable;
    what the library complains of is not shown.
    """
    from concurrent.futures import ProcessPoolExecutor  # slow to import, and rarely needed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_be_expendable) as pool:
        try:
            with _without_main():
                begun = pool.submit(work)
            return begun.result()
        except BrokenProcessPool as error:
            raise died from error


def _in_threads(
    work: Callable[[Sequence[Item]], Result], pieces: Sequence[Sequence[Item]], threads: int
) -> Iterator[Result]:
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and rarely needed

    pool = ThreadPoolExecutor(threads)
    try:
        yield from pool.map(work, pieces)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_processes(
    work: Callable[[Sequence[Item]], Result], pieces: Sequence[Sequence[Item]], processes: int
) -> Iterator[Result]:
    from concurrent.futures import ProcessPoolExecutor  # slow to import, and rarely needed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # Not `fork`: the parent has threads, and Polars does not survive it.
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_be_quiet) as pool:
        try:
            with _without_main():
                results = pool.map(work, pieces)
            yield from results
        except BrokenProcessPool as error:
            hint = "is there enough memory? Run again: nothing was recorded"
            raise StoreError("a process that reads images was killed", hint=hint) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes that begin inside know nothing of the script that called us, and run it not again.

    They need none of it, for `work` is a function of ours.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _be_expendable() -> None:
    """Die first where memory runs out, in silence, and leave nothing behind."""
    _be_quiet()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # not on every system
        Path("/proc/self/oom_score_adj").write_text("1000")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _be_quiet() -> None:
    """Ctrl-C is for the parent, which then ends its processes; each of them takes one core.

    Rows of files make no cycles, and looking for some costs a twentieth of the work.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
