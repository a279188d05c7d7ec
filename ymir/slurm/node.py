"""What Slurm runs on a node: one attempt of a job. Standard library only, of Python 3.6 or later.

`submission.script` makes a batch script of this file and the folders of the attempts, which nodes
see under the same names. In an attempt's folder it reads `run.json` and makes `begun.json` (who
finds that there leaves the attempt alone), `alive`, `log.txt` and `exit.json`; or `lost.json`, if
the node cannot have the job's images now.
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

GRACE = 5.0  # seconds between asking a program to end and ending it, unless a file says otherwise
PATIENCE = "patience.json"  # that file; the program is asked to end where it appears
TICK = 0.05
GLANCE = 1.0  # seconds between two looks at that file
BEAT = 5.0  # seconds between two signs of life
SIGHT = 30.0  # seconds that a shared folder may need to show what was written elsewhere
HEARING = 0.5  # seconds within which a signal reaches us that a program has died of
LOG_LIMIT = 8 << 20  # bytes; two files of this size are kept
TAIL = 2000  # bytes of output that go into `exit.json`
RESERVED = 16 << 10  # bytes kept for the record, so that a full disk cannot swallow it
BLOCK = 512  # bytes, by which file systems count
TRY_AGAIN = 75  # how a program ends that could do its work another time

# What Slurm says on the node, and a program has to know.
GIVEN = re.compile(r"(CUDA|HIP|ROCR)_VISIBLE_DEVICES|GPU_DEVICE_ORDINAL|ZE_AFFINITY_MASK|TMPDIR")
# What Podman and its `init` print where the program cannot be begun.
UNFIT = re.compile(r"(?:^Error: |\(catatonit:\d+\): failed to exec pid1: )(.+)", re.MULTILINE)


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


class Way:
    """A program of the node that runs containers, and what it is told."""

    def __init__(self, said: "dict[str, Any]") -> None:
        self.program: str = said["program"]
        self.before: list[str] = said["before"]  # the image's name
        self.image: list[str] = said["image"]  # and what runs in it
        self.gpu: str = said["gpu"]  # with `{}` for the number of one
        self.env: dict[str, str] = said["env"]
        self.end: list[str] = said["end"]

    def command(self, found: str) -> "list[str]":
        """The whole command line."""
        gpus = [self.gpu.format(each) for each in _gpus()] if self.gpu else []
        return [found] + self.before + gpus + self.image  # noqa: RUF005 - as the rest of it


class Run:
    """What `run.json` says."""

    def __init__(self, said: "dict[str, Any]") -> None:
        self.command: list[str] = said["command"]
        self.env: dict[str, str] = said["env"]
        self.limit: float = said["limit"]
        self.disk: int | None = said["disk"]  # bytes
        self.disk_said: str = said["disk_said"]
        self.fetch: list[str] = said["fetch"]  # brings the images to the node
        self.release: list[str] = said["release"]
        self.ways = [Way(each) for each in said["containers"]]


class Start:
    """A command line with its environment, and the one that takes its container away, if any."""

    def __init__(self, command: "list[str]", env: "dict[str, str]", end: "list[str]") -> None:
        self.command = command
        self.env = env
        self.end = end


class Watch:
    """Looks now and then for what ends a program before its own end."""

    def __init__(self, folder: Path, run: Run, asked: "list[int]") -> None:
        self.folder = folder
        self.run = run
        self.began = time.monotonic()
        self.deadline = self.began + run.limit
        self.asked = asked
        self.why = ""
        self.glance = self.beat = 0.0

    def look(self) -> str:
        """How the program is to be ended; nothing while it may go on."""
        now = time.monotonic()
        if self.asked:
            return "stopped"
        if now > self.deadline:
            return "timeout"
        if now >= self.glance:
            self.glance = now + GLANCE
            if self._is_unwanted():
                return "stopped"
        if now >= self.beat:
            self._live()
            self.beat = now + max(BEAT, 50 * (time.monotonic() - now))
        return "ended" if self.why else ""

    def seconds(self) -> float:
        """For how long it has been looked after."""
        return round(time.monotonic() - self.began, 3)

    def patience(self) -> float:
        """How long whoever asked is ready to wait for the program's own end."""
        try:
            return float(json.loads((self.folder / PATIENCE).read_text())["seconds"])
        except (OSError, ValueError, KeyError, TypeError):
            return GRACE

    def _is_unwanted(self) -> bool:
        """Whether somebody asked it to end, or another attempt was first."""
        is_late = (self.folder.parent.parent / "out").is_dir()
        return is_late or PATIENCE in {each.name for each in self.folder.iterdir()}

    def _live(self) -> None:
        with contextlib.suppress(OSError):
            (self.folder / "alive").touch()
        if self.run.disk is not None and _written(self.folder / "out") > self.run.disk:
            self.why = f"wrote more to `out` than its limit `disk: {self.run.disk_said}`"


def main(folders: "list[str]") -> int:
    """Run the attempt that is this task's; 0 where its program ended well."""
    folder = Path(folders[int(os.environ.get("SLURM_ARRAY_TASK_ID", "0"))])
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    for ignored in (signal.SIGINT, signal.SIGHUP):  # as functions: a child gets the default back
        signal.signal(ignored, lambda number, frame: None)
    run = _sighted(folder)
    if run is None:
        return _say(f"{folder} is not on {socket.gethostname()}: is it shared with the nodes?")
    if not _claim(folder):
        return _say(f"{folder} has been begun before")
    with contextlib.suppress(OSError):
        (folder / "waits.txt").unlink()
    part = folder / "exit.json.part"
    part.write_bytes(b" " * RESERVED)
    ending = attempt(folder, run, asked)
    if ending["how"] == "lost":
        (folder / "lost.json.part").write_text(json.dumps({"why": ending["tail"]}))
        (folder / "lost.json.part").replace(folder / "lost.json")
        return 1
    with part.open("r+b") as file:
        file.write(json.dumps(ending).encode())
    part.replace(folder / "exit.json")
    return 0 if ending["how"] == "exit" and ending["code"] == 0 else 1


def attempt(folder: Path, run: Run, asked: "list[int]") -> "dict[str, object]":
    """Run the program to its end, or bring that about; say how it ended."""
    log, watch = Log(folder), Watch(folder, run, asked)
    how = watch.look()
    if how:
        return {"how": how, "tail": watch.why}
    ending = _fetched(run, log, watch) or _run(run, log, watch)
    _quietly(run.release)
    return ending


def _fetched(run: Run, log: Log, watch: Watch) -> "dict[str, object] | None":
    """Bring the images here; how the attempt ends where that is not to be."""
    if not run.fetch:
        return None
    try:
        child = _child(Start(run.fetch, _own(), []), watch.folder)
    except OSError as error:
        return {"how": "unstartable", "tail": f"its images cannot be fetched: {error}"}
    how = _guard(child, log, watch)
    if how == "exit" and child.returncode == 0:
        return None
    why = (log.tail.decode(errors="replace").strip().splitlines() or ["nothing said"])[-1]
    if how != "exit":
        return {"how": how, "code": child.returncode, "tail": watch.why or why}
    return {"how": "lost" if child.returncode == TRY_AGAIN else "ended", "tail": why}


def _run(run: Run, log: Log, watch: Watch) -> "dict[str, object]":
    try:
        start = _start(run)
        child = _child(start, watch.folder)
    except OSError as error:
        log.write(f"{error}\n".encode())
        return {"how": "unstartable", "tail": str(error)}
    how = _guard(child, log, watch)
    code, tail = child.returncode, watch.why or log.tail.decode(errors="replace")
    if run.ways:
        _quietly(start.end)
        code = 128 - code if code > 128 else code
        why = _unfit(code, tail, run)
        if how == "exit" and why:
            how, tail = "unstartable", why
    return {"how": how, "code": code, "tail": tail, "seconds": watch.seconds()}


def _child(start: Start, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - running it is the point
        start.command,
        cwd=str(folder),
        env=start.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _unfit(code: int, tail: str, run: Run) -> str:
    """Why a container could not be begun, or the program in it; nothing where it was begun."""
    said = UNFIT.findall(tail)
    if not said or not (code in (125, 126, 127) or "failed to exec pid1" in tail):
        return ""
    program = run.command[0] if run.command else "the program of the image"
    return str(said[-1]) if code == 125 else f"`{program}`: {said[-1]}"


def _guard(child: "subprocess.Popen[bytes]", log: Log, watch: Watch) -> str:
    """Wait for the end of the program, or bring it about, its children included."""
    how, kill_at = "", 0.0
    while child.poll() is None:
        if not how:
            how = watch.look()
            if how:
                kill_at = time.monotonic() + watch.patience()
                _signal(child.pid, signal.SIGTERM)
        elif time.monotonic() > kill_at:
            _signal(child.pid, signal.SIGKILL)
        if not _copy(child, log, TICK):
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(TICK)
    _signal(child.pid, signal.SIGKILL)  # grandchildren that outlived it
    while _copy(child, log, 0):
        pass
    if not how and child.returncode in (-signal.SIGTERM, 128 + signal.SIGTERM):
        how = _heard(watch)  # Slurm tells the program and us at once
    return how or "exit"


def _heard(watch: Watch) -> str:
    deadline = time.monotonic() + HEARING
    while not watch.asked and time.monotonic() < deadline:
        time.sleep(TICK)
    return "stopped" if watch.asked else ""


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


def _start(run: Run) -> Start:
    """What is started here; `OSError` where the node has nothing that runs containers."""
    given = {name: text for name, text in os.environ.items() if GIVEN.fullmatch(name)}
    if not run.ways:
        return Start(run.command, dict(run.env, **given), [])
    for way in run.ways:
        found = shutil.which(way.program)
        if found:
            end = [found, *way.end] if way.end else []
            return Start(way.command(found), dict(_own(), **way.env), end)
    names = " and no ".join(way.program for way in run.ways)
    raise OSError(f"there is no {names} on {socket.gethostname()}")


def _own() -> "dict[str, str]":
    return {name: text for name, text in os.environ.items() if not name.startswith("SLURM_")}


def _gpus() -> "list[str]":
    """The numbers of the GPUs that are the job's, as the whole node counts them."""
    said = os.environ.get("SLURM_JOB_GPUS") or os.environ.get("CUDA_VISIBLE_DEVICES") or ""
    return [each for each in said.split(",") if each]


def _quietly(command: "list[str]") -> None:
    if command:
        quiet = subprocess.DEVNULL
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.call(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=60)  # noqa: S603 - our own words


def _sighted(folder: Path) -> "Run | None":
    """What is to be run, once the node sees it."""
    deadline = time.monotonic() + SIGHT
    while True:
        with contextlib.suppress(OSError, ValueError):
            list(folder.parent.iterdir())  # a network file system then looks again
            return Run(json.loads((folder / "run.json").read_text()))
        if time.monotonic() > deadline:
            return None
        time.sleep(GLANCE)


def _claim(folder: Path) -> bool:
    """Make the attempt ours; False where it was somebody's before: each is begun only once."""
    mine = {"node": socket.gethostname(), "pid": os.getpid(), "at": time.time()}
    mine["slurm"] = os.environ.get("SLURM_JOB_ID", "")
    try:
        file = os.open(str(folder / "begun.json"), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(file, "w") as text:
        text.write(json.dumps(mine))
    return True


def _written(folder: Path) -> int:
    """How many bytes of the disk the files below take; what cannot be read counts nothing."""
    total = 0
    for root, _folders, names in os.walk(str(folder)):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(root, name)).st_blocks * BLOCK  # noqa: PTH118 - quick
    return total


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _say(why: str) -> int:
    sys.stderr.write(f"ymir: {why}\n")
    return 1
