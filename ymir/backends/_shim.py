"""Runs one attempt of a job apart from the ymir that asked for it. Standard library only.

    python _shim.py run ATTEMPT LOCK LIMITS PROGRAM [ARGUMENT …]    returns once PROGRAM runs
    python _shim.py end ATTEMPT                                     ends what a killed shim left

Whoever holds the file lock LOCK (a descriptor) runs the attempt: the shim keeps it until it is
gone, so a lock that is free and no `exit.json` mean that the shim was killed. LIMITS are a JSON
object: `seconds`, and what else there is a limit of, each with its `most` and the words to say
`why`: bytes of `memory`, `pids`, bytes of `out`; `room` that is to stay free; `oom` has words only.

On Linux every process that comes from the program is known, also one that left its group, as the
shim inherits those whose parents ended; elsewhere only its group is, and there is no limit
but time.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

GRACE = 5.0  # seconds between asking a program to end and ending it, unless a file says otherwise
PATIENCE = "patience.json"  # that file, beside `pids.json`
TICK = 0.1
LOG_LIMIT = 8 << 20  # bytes; two files of this size are kept
TAIL = 2000  # bytes of output that go into `exit.json`
RESERVED = 16 << 10  # bytes kept for each record, so that a full disk cannot swallow it
MARK = "YMIR_ATTEMPT"  # in the environment of all that comes from a program: its attempt
SUBREAPER = 36  # of prctl(2): whoever loses its parent becomes a child of this process
EXPENDABLE = "500"  # of 1000: where memory is short, the kernel ends a job before others
SOON, LATER = 0.1, 0.5  # seconds between two looks at processes: near their limit, and else
DISK_PAUSE = 1.0  # seconds between two looks at what was written
SHARES = {"kin": 10, "disk": 50}  # a look takes at most this part of the time
BLOCK = 512  # bytes, by which file systems count
PAGE = os.sysconf("SC_PAGE_SIZE")


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


class Watch:
    """Whether a program goes too far; it is looked at now and then."""

    def __init__(self, limits: dict[str, Any], out: Path) -> None:
        self._limits, self._out = limits, out
        self._next = dict.fromkeys(SHARES, 0.0)
        self._killed = _killed_for_memory()

    def excess(self) -> str | None:
        """Why the program has to be ended at once."""
        began = time.monotonic()
        if began < self._next["kin"]:
            return None
        kin = _kin()
        memory, pids = self._limits.get("memory"), self._limits.get("pids")
        used = sum(each.pages for each in kin.values()) * PAGE
        if memory and used > memory["most"] and _shared_out(kin) > memory["most"]:
            return str(memory["why"])
        if pids and sum(each.threads for each in kin.values()) > pids["most"]:
            return str(pids["why"])
        is_near = memory and used > memory["most"] / 2
        self._rest("kin", began, SOON if is_near else LATER)
        return None

    def overflow(self) -> str | None:
        """Why the program has to end: what it wrote, or left of the disk."""
        began = time.monotonic()
        if began < self._next["disk"]:
            return None
        room, out = self._limits.get("room"), self._limits.get("out")
        if out and _written(self._out) > out["most"]:
            return str(out["why"])
        with contextlib.suppress(OSError):
            disk = shutil.disk_usage(self._out)
            if room and disk.free < min(room["most"], disk.total // room["of"]):
                return f"{room['why']} ({disk.free >> 20} MiB left)"
        self._rest("disk", began, DISK_PAUSE)
        return None

    def mishap(self, code: int) -> str | None:
        """What the kernel did to the program, where it ended it."""
        was_killed = code == -signal.SIGKILL and _killed_for_memory() > self._killed
        return str(self._limits["oom"]["why"]) if was_killed and "oom" in self._limits else None

    def _rest(self, what: str, began: float, pause: float) -> None:
        now = time.monotonic()
        self._next[what] = now + max(pause, SHARES[what] * (now - began))


class Process:
    """A process that comes from this one, as the kernel counts it."""

    def __init__(self, fields: list[bytes]) -> None:
        self.parent, self.threads, self.pages = int(fields[1]), int(fields[17]), int(fields[21])
        self.is_over = fields[0] in (b"Z", b"X") and self.threads <= 1


def run(folder: Path, limits: dict[str, Any], command: list[str]) -> int:
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
    _inherit_orphans()
    _reserve(folder)
    log, since, watch = Log(folder), time.monotonic(), Watch(limits, folder / "out")
    try:
        child = subprocess.Popen(  # noqa: S603 - running it is the point
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, MARK: str(folder)},
        )
    except OSError as error:
        _record(folder, "exit.json", {"how": "unstartable", "tail": str(error)})
        os.write(begun, b"!")
        return 0
    with contextlib.suppress(OSError):
        Path(f"/proc/{child.pid}/oom_score_adj").write_text(EXPENDABLE)
    pids: dict[str, object] = {"shim": os.getpid(), "child": child.pid, "born": _born(child.pid)}
    _record(folder, "pids.json", pids)
    os.write(begun, b"!")
    how, why = _guard(child, log, since + limits["seconds"], asked, watch)
    _sweep(child.pid, child, log)
    if how == "exit" and (mishap := watch.mishap(child.returncode)):
        how, why = "ended", mishap
    seconds = round(time.monotonic() - since, 3)
    tail = why or log.tail.decode(errors="replace")
    ending = {"how": how, "code": child.returncode, "seconds": seconds, "tail": tail}
    _record(folder, "exit.json", ending)
    return 0


def _guard(
    child: "subprocess.Popen[bytes]", log: Log, deadline: float, asked: list[int], watch: Watch
) -> tuple[str, str]:
    """Wait for the end of the program, or bring it about; how it came, and why."""
    how, why, kill_at = "exit", "", 0.0
    while child.poll() is None:
        now = time.monotonic()
        if excess := watch.excess():
            how, why = "ended", why or excess
            _signal(child.pid, signal.SIGKILL)
        elif how == "exit" and (asked or now > deadline or (why := watch.overflow() or "")):
            how = "stopped" if asked else "ended" if why else "timeout"
            kill_at = now + _patience(log.path.parent)
            _signal(child.pid, signal.SIGTERM)
        elif how != "exit" and now > kill_at:
            _signal(child.pid, signal.SIGKILL)
        _reap(child.pid)
        if not _copy(child, log, TICK):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(TICK)
    return how, why


def _sweep(group: int, child: "subprocess.Popen[bytes]", log: Log) -> None:
    """End whatever outlived the program, and keep what was printed."""
    until = time.monotonic() + GRACE
    _signal(group, signal.SIGKILL)
    while (kin := _kin()) and time.monotonic() < until:
        for pid in kin:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        _reap(child.pid)
    while _copy(child, log, 0) and time.monotonic() < until:
        pass


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
    for pid in _marked(folder):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    return 0


def _inherit_orphans() -> None:
    """Become the parent of whoever loses its own among those that come from this process."""
    with contextlib.suppress(OSError, AttributeError):  # elsewhere than on Linux
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def _kin() -> dict[int, Process]:
    """All that comes from this process and runs, by pid."""
    found: dict[int, Process] = {}
    children: dict[int, list[int]] = {}
    for pid in _pids():
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            found[pid] = Process(fields)
            children.setdefault(found[pid].parent, []).append(pid)
    kin: dict[int, Process] = {}
    wanted = [os.getpid()]
    while wanted:
        mine = children.pop(wanted.pop(), [])
        kin.update((pid, found[pid]) for pid in mine if not found[pid].is_over)
        wanted += mine
    return kin


def _marked(folder: Path) -> list[int]:
    """Whoever came from the program of this attempt, wherever it is now."""
    mark = os.fsencode(f"{MARK}={folder}")
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def _pids() -> list[int]:
    with contextlib.suppress(OSError):
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - a third of the time
    return []


def _shared_out(kin: dict[int, Process]) -> int:
    """Bytes of memory, where several that share a page have a part of it each."""
    if not Path("/proc/self/smaps_rollup").exists():  # an old kernel: each counts what it sees
        return sum(each.pages for each in kin.values()) * PAGE
    total = 0
    for pid, each in kin.items():
        try:
            said = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
            total += int(said.partition(b"\nPss:")[2].split()[0]) << 10
        except PermissionError:  # it is another user's now
            total += each.pages * PAGE
        except (OSError, ValueError, IndexError):  # it ends just now, and has given its memory back
            continue
    return total


def _killed_for_memory() -> int:
    """How often the kernel ended a process because memory was short."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/vmstat").read_text().partition("\noom_kill ")[2].split()[0])
    return 0


def _reap(child: int) -> None:
    """Take leave of orphans that ended; the program itself is waited for elsewhere."""
    with contextlib.suppress(OSError, AttributeError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid == child:
                return
            os.waitpid(ended.si_pid, 0)


def _written(folder: Path) -> int:
    """How many bytes of the disk the files below take; what cannot be read counts nothing."""
    total, folders = 0, [str(folder)]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):  # gone meanwhile
                    total += entry.stat(follow_symlinks=False).st_blocks * BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
    return total


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
    folder, _lock, limits, *command = arguments[1:]
    return run(Path(folder), json.loads(limits), command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
