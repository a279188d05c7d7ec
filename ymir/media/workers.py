"""Spread work over processes, where there is enough of it to pay for their start."""

import os
import signal
from collections.abc import Callable, Sequence
from typing import TypeVar

from ymir.errors import StoreError

_WORTH = 2.0  # seconds of work that justify one more process
_PIECE = 500  # items in one message

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    work: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item], *, seconds: float
) -> list[Result]:
    """`work(items)`, done in pieces by several processes if it would take `seconds` in one.

    `work` treats each item by itself and must be picklable: a module's function or a `partial`.
    """
    processes = min(len(os.sched_getaffinity(0)), int(seconds / _WORTH))
    if processes < 2:
        return work(items)
    return _in_processes(work, items, processes)


def _in_processes(
    work: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item], processes: int
) -> list[Result]:
    from concurrent.futures import ProcessPoolExecutor  # slow to import, and rarely needed
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    pieces = [items[at : at + _PIECE] for at in range(0, len(items), _PIECE)]
    # Not `fork`: the parent has threads, and Polars does not survive it.
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_leave_keys) as pool:
        try:
            return [result for piece in pool.map(work, pieces) for result in piece]
        except BrokenProcessPool as error:
            hint = "is there enough memory? Run again: nothing was recorded"
            raise StoreError("a process that reads images was killed", hint=hint) from error
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _leave_keys() -> None:
    """Ctrl-C is for the parent, which then ends its processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
