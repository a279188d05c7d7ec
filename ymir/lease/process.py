"""A process told apart from every other one, of this machine and of any other."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SPACE = Path("/proc/self/ns/pid")  # containers of one machine count their processes apart
_ENDED = ("Z", "X")


@dataclass(frozen=True)
class Process:
    """`machine` and `began` are empty where the operating system does not say."""

    host: str
    machine: str
    pid: int
    began: str


def this_process() -> Process:
    """The one that runs this."""
    pid = os.getpid()
    _, began = _state(pid)
    return Process(socket.gethostname(), machine(), pid, began)


def is_alive(process: Process) -> bool | None:
    """Whether it still runs; None of a process elsewhere, and where nobody can tell."""
    if not process.machine or process.machine != machine():
        return None
    state, began = _state(process.pid)
    if not state:
        return None if _is_hidden(process.pid) else False
    return state not in _ENDED and began == process.began


def machine() -> str:
    """Which start of which machine or container this is; empty where nobody can tell."""
    try:
        return f"{_BOOT.read_text().strip()}/{_SPACE.readlink()}"
    except OSError:
        return ""


def _is_hidden(pid: int) -> bool:
    """Whether there is such a process, but of somebody whose processes this user may not see."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return False  # it was there for a moment: another one


def _state(pid: int) -> tuple[str, str]:
    """One letter, and when it began, in ticks since the machine did; empty if there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[19]
