"""Programs that do one wrong thing each, as a process and in a container: who runs them is safe."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.programs import MAKERS, Maker, failure, until, wait
from tests.containers.base import DOCKER
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Backend, Done, backends
from ymir.spec.executor import Resources

EAT = "hoard = []\nwhile True:\n    hoard.append(bytearray(b'x') * (8 << 20))\n"
WORKERS = (  # each of which keeps within the limit
    "import os, time\n"
    "for _ in range(4):\n"
    "    if not os.fork():\n"
    "        hoard = bytearray(b'x') * (40 << 20); time.sleep(60)\n"
    "raise SystemExit(f'a worker ended: {os.wait()}')\n"
)
SHARING = (  # far more than the limit, if what is shared were counted for each that shares it
    "import os, time\n"
    "hoard = bytearray(b'x') * (64 << 20)\n"
    "for _ in range(5):\n"
    "    if not os.fork():\n"
    "        time.sleep(1.5); os._exit(0)\n"
    "time.sleep(2)\n"
)
FORK = (
    "import os, time\n"
    "while True:\n"
    "    try:\n"
    "        if not os.fork():\n"
    "            time.sleep(60)\n"
    "    except OSError:\n"
    "        time.sleep(0.1)\n"
)
FILL = (
    "import os, time\n"
    "with open('out/huge', 'wb') as file:\n"
    "    for _ in range(128):\n"
    "        file.write(os.urandom(1 << 20)); file.flush()\n"
    "time.sleep(60)\n"
)
DAEMON = (  # leaves the session, its parent and its folder, hears nothing, and prints without end
    "import os, signal, sys, time\n"
    "if not os.fork():\n"
    "    os.setsid()\n"
    "    if os.fork():\n"
    "        os._exit(0)\n"
    "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "    open('out/daemon', 'w').write(str(os.getpid()))\n"
    "    os.chdir('/')\n"
    "    while True:\n"
    "        os.write(1, b'still here ' * 1000)\n"
    "while not (os.path.exists('out/daemon') and open('out/daemon').read()):\n"
    "    time.sleep(0.01)\n"
)
ORPHANS = (  # more of them than it may have at once, one after the other
    "import os\n"
    "for _ in range(300):\n"
    "    if not os.fork():\n"
    "        os.fork(); os._exit(0)\n"
    "    os.wait()\n"
)
PIPE = "import os\nos.remove('out/monitor.txt'); os.mkfifo('out/monitor.txt')\n"
DEVICE = "import os\nos.remove('out/monitor.txt'); os.symlink('/dev/zero', 'out/monitor.txt')\n"
ODD = (
    "import os\n"
    "os.mkfifo('out/checkpoint-pipe')\n"
    "os.symlink('/etc/passwd', 'out/checkpoint-link')\n"
    "os.symlink('checkpoint-circle', 'out/checkpoint-circle')\n"
    "os.makedirs('out/checkpoint\\nfolder')\n"
    "os.mkfifo('out/checkpoint\\nfolder/pipe')\n"
    "open('out/checkpoint\\nfolder/weights', 'w').write('half')\n"
    "open('out/set', 'w').close(); os.chmod('out/set', 0o6777)\n"
    "raise SystemExit('broken: the rest is not there')\n"
)
MANY = "for n in range(20000):\n    open(f'out/models/{n}', 'w').close()\n"
LIMITS = {  # program, what it may use, what is said of it
    "eats": (EAT, Resources(memory="96m"), "ran out of memory: it may use `memory: 96m`"),
    "eats-by-children": (
        WORKERS,
        Resources(memory="96m"),
        "ran out of memory: it may use `memory: 96m`",
    ),
    "fills": (FILL, Resources(disk="32m"), "wrote more to `out` than its limit `disk: 32m`"),
}


@pytest.fixture(params=["process", pytest.param("docker", marks=DOCKER)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def backend(kind: str) -> Backend:
    return backends.load(kind).connect({})


@pytest.fixture
def job(kind: str) -> Maker:
    return MAKERS[kind]


@pytest.fixture(autouse=True)
def no_leftovers(tmp_path: Path) -> Iterator[None]:
    yield
    assert not living(tmp_path), "something outlived its job"


def living(folder: Path) -> list[str]:
    """The command lines of processes that came from a job below the folder."""
    mark = f"YMIR_ATTEMPT={folder}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (place / "environ").read_bytes():
                found.append((place / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.mark.parametrize("what", LIMITS)
def test_who_takes_more_than_the_spec_says_is_ended_and_told_which_limit(
    what: str, backend: Backend, job: Maker, tmp_path: Path
) -> None:
    code, resources, said = LIMITS[what]
    assert failure(backend, job(tmp_path, code, resources=resources)) == said


def test_memory_that_several_share_is_counted_once(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, SHARING, resources=Resources(memory="160m"))
    backend.start(each)
    assert isinstance(wait(backend, each), Done)


def test_a_fork_bomb_meets_its_limit(
    backend: Backend, job: Maker, kind: str, tmp_path: Path
) -> None:
    why = failure(backend, job(tmp_path, FORK, resources=Resources(pids=64, timeout="3s")))
    said = {"process": "its limit `pids: 64`", "docker": "its limit of 3s"}
    assert said[kind] in why


def test_a_daemon_ends_with_its_job_however_loud_it_is(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, DAEMON)
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    assert (each.folder / "out" / "daemon").read_text()
    logs = [path.stat().st_size for path in each.folder.glob("attempts/*/log*.txt")]
    assert sum(logs) < 40 << 20


def test_orphans_that_ended_fill_no_table(backend: Backend, job: Maker, tmp_path: Path) -> None:
    each = job(tmp_path, ORPHANS, resources=Resources(pids=256))
    backend.start(each)
    assert isinstance(wait(backend, each), Done)


@pytest.mark.parametrize("code", [PIPE, DEVICE])
def test_a_monitor_that_is_no_file_holds_nobody_up(
    code: str, backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, code)
    backend.start(each)
    assert isinstance(wait(backend, each), Done)


def test_what_is_no_checkpoint_is_not_given_to_the_next_attempt(
    backend: Backend, job: Maker, tmp_path: Path
) -> None:
    each = job(tmp_path, ODD)
    assert failure(backend, each) == "exit code 1: broken: the rest is not there"
    job(tmp_path, "")
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    kept = sorted(path.name for path in (each.folder / "out").glob("checkpoint*"))
    assert kept == ["checkpoint\nfolder"]
    assert [path.name for path in (each.folder / "out" / kept[0]).iterdir()] == ["weights"]


def test_twenty_thousand_files_are_only_files(backend: Backend, job: Maker, tmp_path: Path) -> None:
    each = job(tmp_path, MANY, resources=Resources(disk="1g"))
    backend.start(each)
    assert isinstance(wait(backend, each), Done)


def test_an_out_that_leads_elsewhere_is_no_result(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    code = f"import os, shutil\nshutil.rmtree('out'); os.symlink({str(elsewhere)!r}, 'out')\n"
    backend, each = backends.load("process").connect({}), MAKERS["process"](tmp_path, code)
    assert "is a link" in failure(backend, each)
    assert not (each.folder / "out").exists()


def test_a_daemon_whose_guard_was_killed_ends_before_the_next_attempt(tmp_path: Path) -> None:
    backend = backends.load("process").connect({})
    each = MAKERS["process"](tmp_path, DAEMON + "time.sleep(60)\n")
    backend.start(each)
    attempt = attempts(each.folder)[0].folder
    until(attempt / "out" / "daemon")
    assert len(living(tmp_path)) == 2
    os.kill(json.loads(until(attempt / "pids.json"))["shim"], signal.SIGKILL)
    backend.stop(each)
    assert not living(tmp_path)


def test_jobs_are_ended_before_others_where_memory_is_short(tmp_path: Path) -> None:
    code = "import time; time.sleep(0.2)\n"
    code += "open('out/x', 'w').write(open('/proc/self/oom_score_adj').read())\n"
    backend, each = backends.load("process").connect({}), MAKERS["process"](tmp_path, code)
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    assert (each.folder / "out" / "x").read_text().strip() == "500"


def test_a_killed_job_of_a_machine_with_memory_to_spare_is_not_said_to_have_had_none(
    tmp_path: Path,
) -> None:
    code = "import os; os.kill(os.getpid(), 9)"
    backend, each = backends.load("process").connect({}), MAKERS["process"](tmp_path, code)
    assert "killed by SIGKILL" in failure(backend, each)
