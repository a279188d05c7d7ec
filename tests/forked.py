"""`ymir` in a process that begins as a copy of one that has read its modules already.

To read them takes half a second of a core, which is most of what a small command needs. One process
of a test run reads them, and forks whenever a test types a command: a process like any other, with
its own folder, environment, files and number. Two of them take turns, so that what depends on the
order of a set, which differs from process to process, still comes to light.

    a test ── words, folder, environment, files ──► `python -m tests.forked` ── fork ──► `ymir …`
      ▲                                                       │
      └────────── its number, and how it ended ◄──────────────┘
"""

import atexit
import gc
import importlib
import itertools
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

from jinja2 import TemplateError
from PIL import Image

from tests.drawing import address, ask
from tests.faults import effects
from ymir import disk
from ymir.report.templates import templates

MAIN = "ymir.cli.main"
PACKAGES = ("ymir.cli", "ymir.stages", "ymir.report")
MODULES = (
    *("dvc.repo", "dvc_data.index", "numpy", "vl_convert", "ymir.mining.entropy"),
    *(
        "ymir.formats.voc",
        "ymir.labeling.existing",
        "ymir.backends.process",
        "ymir.drift.artefacts",
    ),
)
LARGEST = 1 << 17  # bytes of a request: its environment is in it


class Process:
    """A command that runs, with what tests use of `subprocess.Popen`."""

    def __init__(self, words: Sequence[str], told: socket.socket) -> None:
        self.args = words
        self.returncode: int | None = None
        self.pid = int(told.recv(LARGEST))
        self._told = told
        self._asking = threading.Lock()

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.wait()

    def poll(self) -> int | None:
        """Its exit code, or the signal that ended it, below zero; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The same when it has ended."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it ends just now
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, patience: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], patience)[0]:
            with self._asking:
                if self.returncode is None:
                    self.returncode = int(self._told.recv(LARGEST))
                    self._told.close()
        return self.returncode


def start(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], out: int, error: int
) -> Process:
    """Begin `ymir …`; its output and its errors go to these files."""
    request = {
        "words": list(words),
        "folder": str(folder.absolute()),
        "environment": dict(environment),
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, Path(os.devnull).open() as nothing:
        files = [nothing.fileno(), out, error, theirs.fileno()]
        socket.send_fds(_source(environment), [json.dumps(request).encode()], files)
    return Process(["ymir", *words], ours)


def run(
    words: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Type `ymir …`, wait, and hear what it said."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as error:
        process = start(words, folder, environment, out.fileno(), error.fileno())
        try:
            code = process.wait()
        finally:
            process.kill()  # a test that is interrupted leaves no command behind
        out.seek(0)
        error.seek(0)
        return subprocess.CompletedProcess(process.args, code, out.read(), error.read())


_SOURCES: list[socket.socket] = []
_TURNS = itertools.cycle(range(2))
_ASKING = threading.Lock()


def _source(environment: Mapping[str, str]) -> socket.socket:
    """One that forks, the other than last time; each is made when it is wanted first."""
    with _ASKING:
        if (turn := next(_TURNS)) == len(_SOURCES):
            _SOURCES.append(_made(environment))
        return _SOURCES[turn]


def _made(environment: Mapping[str, str]) -> socket.socket:
    """Another one; it ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(theirs.fileno()), address()],
            cwd=Path(__file__).parent.parent,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**environment, "OPENBLAS_NUM_THREADS": "1"},  # no thread may run while it forks
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _read_modules() -> None:
    names = []
    for package in PACKAGES:
        inside = importlib.import_module(package)
        for found in pkgutil.walk_packages(inside.__path__, f"{package}."):
            names.append(found.name)
    for name in (*names, *MODULES):
        if name != MAIN:
            with suppress(ImportError, SyntaxError):  # whoever needs it will say so
                importlib.import_module(name)
    Image.init()
    for name in templates().list_templates(["html"]):
        with suppress(TemplateError):  # likewise
            templates().get_template(name)


def _serve(asked: socket.socket) -> list[str] | None:
    """Fork for each request until nobody can ask any more; in what was forked: its words."""
    running: dict[int, socket.socket] = {}
    wakes, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    while True:
        ready, _, _ = select.select([asked, wakes], [], [])
        if wakes in ready:
            os.read(wakes, 1 << 12)
            _tell(running)
        if asked not in ready:
            continue
        message, files, _, _ = socket.recv_fds(asked, LARGEST, 8)
        if not message:
            return None
        *given, told = files
        process = os.fork()
        if process == 0:
            _let_go(
                [asked.detach(), wakes, woken, told, *(one.detach() for one in running.values())]
            )
            return _become(json.loads(message), given)
        for each in given:
            os.close(each)
        running[process] = socket.socket(fileno=told)
        _say(running[process], process)


def _tell(running: dict[int, socket.socket]) -> None:
    while running:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process == 0:
            return
        with running.pop(process) as told:
            _say(told, os.waitstatus_to_exitcode(status))


def _say(told: socket.socket, number: int) -> None:
    try:
        told.send(b"%d" % number)
    except BrokenPipeError:
        return  # nobody waits for it


def _let_go(files: list[int]) -> None:
    signal.set_wakeup_fd(-1)
    for each in files:
        os.close(each)


def _become(request: dict, given: list[int]) -> list[str]:
    """Take over everything that makes a process this one and no other."""
    for name in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(name, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, each in enumerate(given):
        os.dup2(each, number)
        os.close(each)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    sys.path.insert(0, request["folder"])  # as `python -m` does
    return request["words"]


def _carry_out(words: list[str]) -> None:
    """What `python -m ymir.cli.main` does, but for taking apart what is in memory at the end.

    That takes longer than most commands; what has to happen before happens, as `multiprocessing`
    has it.
    """
    os.fsync = os.sync = lambda *_: None  # nobody pulls the plug of a test
    disk._LIBC = None  # noqa: SLF001 - likewise: then it asks `os.sync`
    sys.argv[1:] = words
    effects.listen()
    try:
        runpy.run_module(MAIN, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        threading._shutdown()  # noqa: SLF001 - the interpreter's end, step by step
        atexit._run_exitfuncs()  # noqa: SLF001 - likewise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(ended.code or 0))


if __name__ == "__main__":
    _read_modules()
    sys.path.pop(0)  # the folder of tests is in nobody's path
    gc.freeze()
    if (words := _serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        ask(sys.argv[2])
        _carry_out(words)
