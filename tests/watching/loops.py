"""Loops of events, also where the thread of the tests runs one (a browser's) already."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T]) -> T:
    """What comes of it in a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work).result()


def run(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it, in a loop of its own."""
    return apart(lambda: asyncio.run(work))
