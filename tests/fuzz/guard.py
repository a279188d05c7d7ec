"""Watches what a reader of hostile bytes does: nothing but look into its own folder."""

import os
import resource
import signal
import site
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 3.0  # CPU seconds of an input, and
PER_BYTE = 1e-4  # for each of its bytes
ROOM = 768 << 20  # bytes that memory may grow by in one input

_ROOT = str(Path(__file__).parents[2])
_READABLE = tuple(
    {
        _ROOT,
        *(os.path.realpath(each) for each in (sys.prefix, sys.base_prefix, sys.exec_prefix)),
        *(os.path.realpath(each) for each in sysconfig.get_paths().values()),
        *(os.path.realpath(each) for each in site.getsitepackages()),
        "/usr/lib",
        "/lib",
        "/usr/share/zoneinfo",
        "/usr/share/mime",
        "/proc/self",
        f"/proc/{os.getpid()}",
        "/proc/meminfo",
        "/proc/cpuinfo",
        "/proc/sys/kernel",
        "/sys/fs/cgroup",
        "/sys/devices/system",
    }
)
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/tty")
_FORBIDDEN = ("os.exec", "os.system", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty")
_FORBIDDEN += (
    "subprocess.Popen",
    "pty.spawn",
    "pickle.find_class",
    "marshal.loads",
    "ctypes.dlopen",
)
_FORBIDDEN += ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto")
_CHANGES = ("os.rename", "os.link", "os.symlink", "os.remove", "os.mkdir", "os.rmdir")
_CHANGES += ("os.truncate", "os.chmod", "os.chown", "os.utime", "shutil.move", "os.setxattr")
_CODE = ("exec", "compile")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class BreachError(BaseException):
    """A reader did what no reader may: no code of ymir catches this."""


class _State(threading.local):
    folder: str | None = None


_now = _State()
_breaches: list[str] = []
_is_installed: list[bool] = []


@contextmanager
def watched(folder: Path, size: int) -> Iterator[None]:
    """Run what reads `size` bytes below `folder`; raises `BreachError` for whatever it may not."""
    _install()
    _breaches.clear()
    before, memory = time.process_time(), _peak()
    limit = PATIENCE + PER_BYTE * size
    old = signal.signal(signal.SIGVTALRM, _too_slow)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit * 2)
    _now.folder = os.path.realpath(folder)
    try:
        yield
    finally:
        _now.folder = None
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, old)
    if _breaches:  # also one that the reader caught
        raise BreachError(_breaches[0])
    took, grown = time.process_time() - before, _peak() - memory
    if took > limit:
        raise BreachError(f"slow: more than {limit:.1f} CPU seconds")
    if grown > ROOM:
        raise BreachError(f"memory: more than {ROOM >> 20} MB")


def _too_slow(*_: object) -> None:
    raise BreachError("slow: it did not end")


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _install() -> None:
    if not _is_installed:  # a hook cannot be taken away again
        _is_installed.append(True)
        sys.addaudithook(_hook)


def _hook(event: str, args: tuple) -> None:
    folder = _now.folder
    if folder is None:
        return
    if (why := _why(folder, event, args)) is not None:
        _breaches.append(why)
        raise BreachError(why)


def _why(folder: str, event: str, args: tuple) -> str | None:
    """What is wrong with an event, if anything."""
    if event == "open":
        return _why_open(folder, args)
    if event in _FORBIDDEN:
        return None if _is_importing() else f"{event} {args[:1]!r:.200}"
    if event in _CODE:
        return None if _is_importing() else _why_code(event, args)
    if event in _CHANGES:
        named = [each for each in args if isinstance(each, str | bytes | os.PathLike)]
        wrong = [each for each in named if not _is_below(_real(each, is_link=True), folder)]
        return f"{event} {wrong[0]!r:.200}" if wrong and event != "os.symlink" else None
    return None


def _why_open(folder: str, args: tuple) -> str | None:
    path, mode, flags = args
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    real = _real(path)
    if _is_below(real, folder) or real in _DEVICES:
        return None
    is_writing = bool((flags or 0) & _WRITING) or bool(set(mode or "") & set("wxa+"))
    if is_writing:
        return None if _is_importing() else f"writes {real!r:.200}"  # its bytecode
    return None if any(_is_below(real, each) for each in _READABLE) else f"reads {real!r:.200}"


def _why_code(event: str, args: tuple) -> str | None:
    """Text that becomes code, outside of an import, and not as libraries build their classes."""
    name = args[0].co_filename if event == "exec" else args[1]
    is_generated = str(name).startswith("<") and _asks_a_library()
    return None if is_generated else f"{event} of {name!r:.100}"


def _is_importing() -> bool:
    return _is_below_frame("<frozen importlib")


def _asks_a_library() -> bool:
    """`dataclass`, `namedtuple` and pydantic build functions from text of their own."""
    return any(_is_below_frame(each) for each in ("/dataclasses.py", "/collections/", "/pydantic/"))


def _is_below_frame(part: str) -> bool:
    frame = sys._getframe(1)  # noqa: SLF001 - there is no other way to look at the stack
    while frame is not None:
        if part in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _real(path: str | bytes | os.PathLike, *, is_link: bool = False) -> str:
    text = os.fsdecode(path)
    if is_link:
        parent, name = os.path.split(text)
        return os.path.join(os.path.realpath(parent), name)  # noqa: PTH118 - of the link itself
    return os.path.realpath(text)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
