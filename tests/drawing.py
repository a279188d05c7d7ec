"""Charts are drawn by one process of a test run, which has its engine warm and knows what it drew.

The engine of `vl_convert` takes as long to begin as ten charts to draw, and it cannot be forked. So
commands that `tests.forked` begins ask this process; where it is away they draw for themselves.
"""

import atexit
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import vl_convert


@cache
def address() -> str:
    """Where this run's process listens; it ends with this one."""
    name = f"ymir-drawing-{os.getpid()}"
    lifeline, theirs = socket.socketpair()
    with theirs, socket.socket(socket.AF_UNIX) as listening:
        listening.bind(_abstract(name))
        listening.listen(64)
        files = [theirs.fileno(), listening.fileno()]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.drawing", *map(str, files)],
            cwd=Path(__file__).parent.parent,
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def end() -> None:
        lifeline.close()
        process.wait()

    atexit.register(end)
    return name


def ask(where: str) -> None:
    """From now on this process has its charts drawn there."""
    vl_convert.vegalite_to_svg = partial(drawn_there, where, vl_convert.vegalite_to_svg)


def drawn_there(where: str, by_itself: Callable[..., str], chart: object, **how: object) -> str:
    """A chart as the process that listens there draws it."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
        line.connect(_abstract(where))
        line.sendall(json.dumps({"vl_spec": chart, **how}).encode())
        line.shutdown(socket.SHUT_WR)
        if drawn := _heard(line):
            return drawn.decode()
    return by_itself(chart, **how)


def _abstract(name: str) -> str:
    """The address of a socket without a file."""
    return f"\0{name}"


def _heard(line: socket.socket) -> bytes:
    with line.makefile("rb") as heard:
        return heard.read()


@cache
def _drawn(asked: bytes) -> bytes:
    try:
        return vl_convert.vegalite_to_svg(**json.loads(asked)).encode()
    except ValueError:
        return b""  # whoever asked hears the reason from the engine


def _serve(lifeline: socket.socket, listening: socket.socket) -> None:
    while lifeline not in select.select([lifeline, listening], [], [])[0]:
        line, _ = listening.accept()
        with suppress(OSError), line:  # who asked may have been killed
            line.sendall(_drawn(_heard(line)))


if __name__ == "__main__":
    _serve(*(socket.socket(fileno=int(number)) for number in sys.argv[1:]))
