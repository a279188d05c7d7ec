"""A program that an image runs, and that does one wrong thing: `misbehaving.py WHAT`.

It runs in a container, on Python's standard library alone, and is no part of ymir.
"""

import os
import signal
import sys
import time
from pathlib import Path

OUT = Path("/out")
RESULT = """\
best_stage_name: best
model_stages:
  best: {stage_name: best, files: [memory.json], timestamp: 1700000000, mAP: 0.5}
"""


def exit3() -> None:
    """Says why on its last line, as programs do, and ends badly."""
    sys.stderr.write("loading the backbone\n")
    sys.stderr.write("RuntimeError: no backbone called `resnet51`\n")
    sys.exit(3)


def silent() -> None:
    """Ends well without a result."""


def code() -> None:
    """Gives up as YMIR's executors do: in column 5 of monitor.txt, with exit code 0."""
    monitor = f"task\t{time.time()}\t1.00\t4\t300103\tCUDA out of memory\n"
    (OUT / "monitor.txt").write_text(monitor)


def hang() -> None:
    """Never ends, but ends when it is asked to."""
    sys.stderr.write("waiting for a lock\n")
    time.sleep(3600)


def deaf() -> None:
    """Never ends, and will not hear of it; its child neither."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.fork()
    while True:
        time.sleep(1)


def garbage() -> None:
    """Writes bytes where a result belongs, after a monitor that nobody can read."""
    (OUT / "monitor.txt").write_bytes(bytes(range(256)) * 40)
    (OUT / "models" / "result.yaml").write_bytes(b"\x00\xff}{][" * 100)


def liar() -> None:
    """Lists weights that are not there."""
    (OUT / "models" / "result.yaml").write_text(RESULT)


def link() -> None:
    """Hands over a file of the machine that it was never given."""
    (OUT / "models" / "memory.json").symlink_to("/etc/hostname")
    (OUT / "models" / "result.yaml").write_text(RESULT)


def fill() -> None:
    """Writes until nothing more can be written."""
    with (OUT / "models" / "huge").open("wb") as file:
        while True:
            file.write(os.urandom(1 << 20))
            file.flush()


def fork() -> None:
    """Forks without end, and again when it may not."""
    while True:
        try:
            if os.fork():
                continue
            time.sleep(3600)
        except OSError:
            sys.stderr.write("fork: Resource temporarily unavailable\n")
            time.sleep(0.2)


def eat() -> None:
    """Takes all the memory there is."""
    hoard = []
    while True:
        hoard.append(bytearray(b"\x01") * (8 << 20))


def root() -> None:
    """Writes beside its code, as images do whose authors always ran them as root."""
    Path("/app").mkdir(exist_ok=True)
    Path("/app/cache").write_text("mine")
    (OUT / "models" / "memory.json").write_text("{}")
    (OUT / "models" / "memory.json").chmod(0o600)
    (OUT / "models" / "result.yaml").write_text(RESULT)


def inputs() -> None:
    """Writes into what it was given to read."""
    Path("/in/config.yaml").write_text("mine")


def loud() -> None:
    """Prints 100 MB, and ends badly."""
    line = "all work and no play makes jack a dull boy\n" * 1000
    for _ in range((100 << 20) // len(line)):
        sys.stdout.write(line)
    sys.exit("MemoryError: too much was said")


def network() -> None:
    """Asks somebody outside."""
    import socket

    socket.create_connection(("192.0.2.1", 80), timeout=5)


def unreadable() -> None:
    """Leaves folders behind that nobody may enter, and ends badly."""
    (OUT / "models" / "closed" / "deep").mkdir(parents=True)
    (OUT / "models" / "closed" / "deep" / "file").write_text("x")
    (OUT / "models" / "closed" / "deep").chmod(0)
    (OUT / "models" / "closed").chmod(0)
    sys.exit("PermissionError: closed")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
