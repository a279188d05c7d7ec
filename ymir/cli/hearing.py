"""What a command hears of the world, and how it is heard: signals, and streams that may be gone."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from types import FrameType
from typing import TextIO

_ENDS = (signal.SIGTERM, signal.SIGHUP)  # beside Ctrl-C, which Python hears by itself


@contextmanager
def heard() -> Iterator[None]:
    """While inside, TERM and a closed terminal end the command as Ctrl-C does; all can be said.

    Afterwards the process is as good as over, and a signal ends it without a word.
    """
    _open_streams()
    for number in _ENDS:
        if signal.getsignal(number) is signal.SIG_DFL:  # not as of `nohup`
            signal.signal(number, _end)
    try:
        yield
    finally:
        for number in (*_ENDS, signal.SIGINT):
            if signal.getsignal(number) in (_end, signal.default_int_handler):
                signal.signal(number, signal.SIG_DFL)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _open_streams() -> None:
    """A stream that was closed leads nowhere; one that cannot write a letter writes its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = _sayable(sys.stdout, 1)
    sys.stderr = _sayable(sys.stderr, 2)


def _sayable(stream: TextIO | None, number: int) -> TextIO:
    if stream is None:
        return os.fdopen(number, "w", encoding="utf-8")
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream
