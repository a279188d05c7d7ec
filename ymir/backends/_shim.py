"""Runs one attempt of a job apart from the ymir that asked for it. Standard library only.

    python _shim.py run ATTEMPT LOCK SECONDS PROGRAM [ARGUMENT …]    returns once PROGRAM runs
    python _shim.py end ATTEMPT                                      ends what a killed shim left

Whoever holds the file lock LOCK (a descriptor) runs the attempt: the shim keeps it until it is
gone, so a lock that is free and no `exit.json` mean that the shim was killed.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE = 5.0  # seconds between asking a program to end and ending it, unless a file says otherwise
PATIENCE = "patience.json"  # that file, beside `pids.json`
TICK = 0.1
LOG_LIMIT = 8 << 20  # bytes; two files of this size are kept
TAIL = 2000  # bytes of output that go into `exit.json`
RESERVED = 16 << 10  # bytes kept for each record, so that a full disk cannot swallow it


class Log:
    """Output on its way to `log.txt`: bounded, and never a reason to stop."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "log.txt"
        self.tail = b""

    def write(self, data: bytes) -> None:
        """Append; a file that is full makes way for a new one, and the one before it goes."""
        self.tail = (self.tail + data)[-TAIL:]
        with contextlib.suppress(OSError):  # a full disk: the tail still tells why
            if self.path.exists() and self.path.stat().st_size > LOG_LIMIT:
                self.path.replace(self.path.with_name("log-before.txt"))
            with self.path.open("ab") as file:
                file.write(data)


def run(folder: Path, limit: float, command: list[str]) -> int:
    """Start the program in a process of its own and return; its guard stays behind."""
    ready, begun = os.pipe()
    if os.fork():
        os.close(begun)
        return 0 if os.read(ready, 1) else 1
    os.setsid()
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    for ignored in (signal.SIGINT, signal.SIGHUP):  # as functions: a child gets the default back
        signal.signal(ignored, lambda number, frame: None)
    _reserve(folder)
    log, since = Log(folder), time.monotonic()
    try:
        child = subprocess.Popen(  # noqa: S603 - running it is the point
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        _record(folder, "exit.json", {"how": "unstartable", "tail": str(error)})
        os.write(begun, b"!")
        return 0
    pids: dict[str, object] = {"shim": os.getpid(), "child": child.pid, "born": _born(child.pid)}
    _record(folder, "pids.json", pids)
    os.write(begun, b"!")
    how = _guard(child, log, since + limit, asked, folder)
    seconds = round(time.monotonic() - since, 3)
    tail = log.tail.decode(errors="replace")
    ending = {"how": how, "code": child.returncode, "seconds": seconds, "tail": tail}
    _record(folder, "exit.json", ending)
    return 0


def _guard(
    child: "subprocess.Popen[bytes]", log: Log, deadline: float, asked: list[int], folder: Path
) -> str:
    """Wait for the end of the program, or bring it about, its children included."""
    how, kill_at = "exit", 0.0
    while child.poll() is None:
        now = time.monotonic()
        if how == "exit" and (asked or now > deadline):
            how, kill_at = "stopped" if asked else "timeout", now + _patience(folder)
            _signal(child.pid, signal.SIGTERM)
        elif how != "exit" and now > kill_at:
            _signal(child.pid, signal.SIGKILL)
        if not _copy(child, log, TICK):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(TICK)
    _signal(child.pid, signal.SIGKILL)  # grandchildren that outlived it
    while _copy(child, log, 0):
        pass
    return how


def _copy(child: "subprocess.Popen[bytes]", log: Log, patience: float) -> bool:
    """Move what the program printed into the log; False when there is nothing more to come."""
    if child.stdout is None or child.stdout.closed:
        return False
    if not select.select([child.stdout], [], [], patience)[0]:
        return patience > 0
    data = os.read(child.stdout.fileno(), 1 << 16)
    if data:
        log.write(data)
    else:
        child.stdout.close()
    return bool(data)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def end(folder: Path) -> int:
    """End the program whose guard was killed, if it is still the one that was started."""
    try:
        pids = json.loads((folder / "pids.json").read_text())
    except (OSError, ValueError):
        return 0
    deadline = time.monotonic() + _patience(folder)
    if _born(pids["child"]) in (None, pids["born"]):
        _signal(pids["child"], signal.SIGTERM)
        while _born(pids["child"]) == pids["born"] and time.monotonic() < deadline:
            time.sleep(0.02)
        _signal(pids["child"], signal.SIGKILL)
    return 0


def _patience(folder: Path) -> float:
    """How long whoever asked is ready to wait for the program's own end."""
    try:
        return float(json.loads((folder / PATIENCE).read_text())["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return GRACE


def _born(pid: int) -> str | None:
    """When the process began, to tell it from a later one of the same number; None: it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
    said = subprocess.run(  # noqa: S603 - a number is all that varies
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or None


def _reserve(folder: Path) -> None:
    for name in ("pids.json", "exit.json"):
        (folder / f"{name}.part").write_bytes(b" " * RESERVED)


def _record(folder: Path, name: str, said: dict[str, object]) -> None:
    """Write into the bytes kept for it, then under its name in one step."""
    part = folder / f"{name}.part"
    with part.open("r+b") as file:
        file.write(json.dumps(said).encode())
    part.replace(folder / name)


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    if arguments[0] == "end":
        return end(Path(arguments[1]))
    folder, _lock, limit, *command = arguments[1:]
    return run(Path(folder), float(limit), command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
