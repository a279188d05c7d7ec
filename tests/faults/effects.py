"""Effects of a command, counted, and a fault at the one that is asked for.

Python tells whoever listens before it opens, renames, removes or links a file, makes a folder,
begins a program or connects to a socket (PEP 578). A command that tests type listens to itself when
`FAULT` is in its environment, so that nothing of ymir knows of it:

    YMIR_TEST_FAULT='{"at": 17, "do": "kill"}'           it ends just before its 17th effect
    YMIR_TEST_FAULT='{"at": 17, "do": "interrupt"}'      it gets SIGINT there, and may end cleanly
    YMIR_TEST_FAULT='{"at": 17, "do": "no-space"}'       there and from then on, what writes fails
    YMIR_TEST_FAULT='{"after": "commit", "do": "kill"}'  it ends once git has made a commit
    YMIR_TEST_FAULT='{"log": "effects.txt"}'             nothing happens; effects are listed

What the command's own processes do (git, executors) counts as the effect that began them. What
changes nothing is no effect: a folder made where one is, a lock tried, a question to git.
"""

import errno
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import gettempdir

FAULT = "YMIR_TEST_FAULT"
TEMPORARY = Path(gettempdir())
MOVES = {"os.rename", "os.link", "os.symlink"}
CHANGES = MOVES | {"os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.utime"}
CALLS = {"subprocess.Popen", "os.posix_spawn", "socket.connect", "socket.bind"}
SIGNALS = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM, "interrupt": signal.SIGINT}
ERRORS = {"no-space": errno.ENOSPC, "read-only": errno.EROFS, "broken": errno.EIO}
MAKES = os.O_CREAT | os.O_TRUNC | os.O_APPEND
WRITES = os.O_WRONLY | os.O_RDWR | MAKES
ASKS = {"cat-file", "check-ignore", "config", "for-each-ref", "log", "ls-files", "ls-remote"} | {
    *("rev-list", "rev-parse", "show", "status", "symbolic-ref", "var", "worktree", "merge-base"),
}


def environment(given: Mapping[str, str], **told: object) -> dict[str, str]:
    """An environment in which the next command listens: `at` and `do`, or `log`."""
    return {**given, FAULT: json.dumps(told)}


def listen() -> None:
    """Count the effects of this process from here on, if its environment asks for that."""
    told = json.loads(os.environ.pop(FAULT, "null"))  # its own processes do not listen
    if told:
        sys.addaudithook(_Listener(told))


def effect(event: str, given: tuple) -> str | None:
    """In words, what is about to happen, if that changes anything outside of the process."""
    if event == "open":
        path, _, flags = given
        return f"write {path}" if _is_file(path) and _is_written(path, flags or 0) else None
    if _is_vain(event, given):
        return None
    if event in MOVES:
        return f"{event[3:]} {given[0]} {given[1]}"
    if event in CHANGES:
        return f"{event[3:]} {given[0]}"
    if event in CALLS:
        return f"{event.partition('.')[2]} {given[1] if event != 'os.posix_spawn' else given[0]}"
    return None


def command_of(words: Sequence[str]) -> str | None:
    """Which of git's commands is to run, if it is git that runs."""
    if not words or os.fspath(words[0]) != "git":
        return None
    others = iter(words[1:])
    for word in others:
        if word in ("-c", "-C"):
            next(others)
        elif not word.startswith("-"):
            return word
    return None


def _is_vain(event: str, given: tuple) -> bool:
    """Whether nothing will come of it: of what is tried before its folder is there, too."""
    if event == "subprocess.Popen":
        return command_of(given[1]) in ASKS
    if event == "socket.connect":
        return str(given[1]).startswith("\0")  # `tests.drawing`
    if event not in ("os.mkdir", *MOVES) or not isinstance(given[0], str | os.PathLike):
        return False
    target = Path(os.fsdecode(given[0] if event == "os.mkdir" else given[1]))
    is_there = event == "os.mkdir" and target.is_dir()
    return is_there or not target.parent.is_dir()


def _is_written(path: object, flags: int) -> bool:
    if not flags & WRITES or not Path(os.fsdecode(path)).parent.is_dir():
        return False
    if Path(os.fsdecode(path)).parent == TEMPORARY:
        return False
    is_lock = os.fspath(path) in ("lock", b"lock") or str(path).endswith("/lock")
    return bool(flags & (MAKES if is_lock else WRITES))


def _is_file(path: object) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and os.fspath(path) not in ("/dev/null", b"")


class _Listener:
    """Called before every event; only what the process that began to listen does is counted."""

    def __init__(self, told: dict) -> None:
        self._process = os.getpid()
        self._at, self._do = told.get("at"), told.get("do")
        self._log = (
            os.open(told["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            if told.get("log")
            else None
        )
        self._count = 0
        self._after, self._left = told.get("after"), told.get("times", 1)

    def __call__(self, event: str, given: tuple) -> None:
        if os.getpid() != self._process:
            return
        if self._after and event == "subprocess.Popen":
            self._await(command_of(given[1]))
        said = effect(event, given)
        if said is None:
            return
        self._count += 1
        if self._log is not None:
            os.write(self._log, said.encode(errors="replace").replace(b"\n", b" ") + b"\n")
        if self._at is None or self._count < self._at:
            return
        if self._do in ERRORS:
            self._fail(event)
        elif self._count == self._at:
            os.kill(self._process, SIGNALS[self._do])

    def _await(self, command: str | None) -> None:
        if self._left == 0:
            os.kill(self._process, SIGNALS[self._do])
        self._left -= command == self._after

    def _fail(self, event: str) -> None:
        if event in CALLS or (event in ("os.remove", "os.rmdir") and self._do == "no-space"):
            return
        number = ERRORS[self._do]
        raise OSError(number, os.strerror(number))
