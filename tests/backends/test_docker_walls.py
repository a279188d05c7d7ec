"""What keeps a job in its container, and what belongs to whom. Everything runs in real ones."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.programs import FOREVER, failure, success
from tests.backends.programs import container as job
from tests.components import needs
from tests.containers.base import DOCKER, build, containers, swept
from tests.jobs.examples import training
from ymir.backends.docker import connect
from ymir.contracts.attempt import attempts
from ymir.engine.client import connect as connect_engine
from ymir.engine.containers import Containers
from ymir.jobs.folder import lay_out
from ymir.spec.executor import Resources

pytestmark = DOCKER

AS_ROOT = needs("tmpfs", os.getuid() == 0, "run as root, to mount a small disk")
STRANGER = 12345  # a user and a group that this machine does not know
OWNERS = "import os; f = open('out/x', 'w'); f.write(f'{os.getuid()} {os.getgid()}')"


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Containers]:
    yield connect({})
    assert not swept(tmp_path)


def test_a_contract_job_finds_its_files(backend: Containers, tmp_path: Path) -> None:
    code = (
        "env = open('/in/env.yaml').read()\n"
        "assert 'config_file: /in/config.yaml' in env, env\n"
        "assert 'root_dir: /out' in env, env\n"
        "assert 'resume_from: /out/checkpoint' in open('/in/config.yaml').read()\n"
        "import os; assert os.path.isdir('/out/models') and os.path.exists('/out/monitor.txt')\n"
    )
    lay_out(training(tmp_path), tmp_path / "job", root=Path("/"))
    leaves = job(tmp_path, "open('/out/checkpoint', 'w').close(); raise SystemExit('not yet')")
    assert failure(backend, leaves) == "exit code 1: not yet"
    success(backend, job(tmp_path, code))
    assert "resume_from" not in (tmp_path / "job" / "in" / "config.yaml").read_text()


def test_what_may_be_written_is_out_and_tmp(backend: Containers, tmp_path: Path) -> None:
    code = (
        "import errno, subprocess\n"
        "for place in ('/in/x', '/x', '/usr/x', '/in/program.py'):\n"
        "    try:\n"
        "        open(place, 'w')\n"
        "    except OSError as error:\n"
        "        assert error.errno == errno.EROFS, error\n"
        "    else:\n"
        "        raise SystemExit(place)\n"
        "import os\n"
        "assert os.environ['HOME'] == '/tmp'\n"
        "open('/tmp/run', 'w').write('#!/bin/sh\\necho ran > /out/x\\n')\n"
        "os.chmod('/tmp/run', 0o755)\n"
        "subprocess.run(['/tmp/run'], check=True)\n"
    )
    assert (success(backend, job(tmp_path, code)) / "x").read_text() == "ran\n"


def test_there_is_no_network_unless_the_spec_says_so(backend: Containers, tmp_path: Path) -> None:
    code = (
        "import os; names = sorted(os.listdir('/sys/class/net'))\n"
        "open('out/x', 'w').write(' '.join(names))\n"
    )
    assert (success(backend, job(tmp_path / "1", code)) / "x").read_text() == "lo"
    bridged = job(tmp_path / "2", code, network=True)
    assert "lo" in (success(backend, bridged) / "x").read_text().split()
    assert (bridged.folder / "out" / "x").read_text() != "lo"


def test_a_machine_on_loopback_cannot_be_reached(backend: Containers, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        assert "Connection refused" in failure(backend, job(tmp_path, code))


def test_programs_have_no_capabilities_and_gain_none(backend: Containers, tmp_path: Path) -> None:
    code = (
        "said = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "names = 'CapEff', 'CapBnd', 'NoNewPrivs'\n"
        "open('out/x', 'w').write(' '.join(said[name].strip() for name in names))\n"
    )
    effective, bounding, none_new = (
        (success(backend, job(tmp_path, code)) / "x").read_text().split()
    )
    assert int(effective, 16) == int(bounding, 16) == 0
    assert none_new == "1"


def test_a_job_runs_as_its_caller(backend: Containers, tmp_path: Path) -> None:
    out = success(backend, job(tmp_path, OWNERS))
    assert (out / "x").read_text() == f"{os.getuid()} {os.getgid()}"
    assert (out / "x").stat().st_uid == os.getuid()


@pytest.fixture
def open_umask() -> Iterator[None]:
    """So that a stranger may write into folders that the tests' user makes."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_what_another_caller_gets_belongs_to_that_caller(tmp_path: Path) -> None:
    out = success(Containers(connect_engine, caller=(STRANGER, STRANGER)), job(tmp_path, OWNERS))
    assert (out / "x").read_text() == f"{STRANGER} {STRANGER}"
    assert (out / "x").stat().st_uid == STRANGER


@pytest.mark.usefixtures("open_umask")
def test_root_has_to_be_asked_for_and_its_files_are_handed_back(tmp_path: Path) -> None:
    code = OWNERS + "\nopen('/usr/x', 'w').close(); os.mkdir('out/models/a', 0o700)"
    strangers = Containers(connect_engine, caller=(STRANGER, STRANGER))
    assert "Read-only file system" in failure(strangers, job(tmp_path / "1", code))
    out = success(strangers, job(tmp_path / "2", code, run_as_root=True))
    assert (out / "x").read_text() == "0 0"
    owners = {path.stat().st_uid for path in (out, *out.rglob("*"))}
    assert owners == {STRANGER}


@pytest.mark.usefixtures("open_umask")
def test_an_image_without_chown_leaves_its_files_to_root_and_the_log_says_so(
    tmp_path: Path,
) -> None:
    image = build("without-chown", {}, "RUN rm /usr/bin/chown")
    strangers = Containers(connect_engine, caller=(STRANGER, STRANGER))
    each = job(tmp_path, OWNERS, run_as_root=True, image=image)
    assert (success(strangers, each) / "x").stat().st_uid == 0
    assert "still belong to root" in attempts(each.folder)[0].log.read_text()
    assert not containers(tmp_path)


def test_a_job_that_forks_without_end_reaches_its_limit(
    backend: Containers, tmp_path: Path
) -> None:
    code = "import os, time\nwhile True:\n    if os.fork() == 0: time.sleep(60)\n"
    each = job(tmp_path, code, resources=Resources(pids=30))
    assert "Resource temporarily unavailable" in failure(backend, each)


def test_a_job_that_wants_too_much_memory_is_told_its_limit(
    backend: Containers, tmp_path: Path
) -> None:
    each = job(tmp_path, "x = bytearray(1 << 30)", resources=Resources(memory="64m"))
    assert failure(backend, each) == "ran out of memory: it may use `memory: 64m`"


def test_threads_are_limited_with_the_processors(backend: Containers, tmp_path: Path) -> None:
    code = "import os; open('out/x', 'w').write(os.environ['OMP_NUM_THREADS'])"
    each = job(tmp_path, code, resources=Resources(cpus=0.5))
    assert (success(backend, each) / "x").read_text() == "1"


def test_a_job_that_writes_too_much_is_ended(backend: Containers, tmp_path: Path) -> None:
    code = "open('out/x', 'wb').write(bytes(9 << 20))\n" + FOREVER
    each = job(tmp_path, code, resources=Resources(disk="4m"))
    assert failure(backend, each) == "wrote more to `out` than its limit `disk: 4m`"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


@AS_ROOT
def test_a_disk_that_is_nearly_full_ends_the_job(backend: Containers, small_disk: Path) -> None:
    """A job that fills the disk would take the workspace, and the engine, down with it."""
    each = job(small_disk, "open('out/x', 'wb').write(bytes(62 << 20))\n" + FOREVER)
    place = each.folder / "attempts" / "1" / "out"
    why = failure(backend, each)
    assert why.startswith(f"was stopped because the disk of {place} is nearly full")


@AS_ROOT
def test_a_full_disk_cannot_swallow_how_a_job_ended(backend: Containers, small_disk: Path) -> None:
    code = (
        "import sys\n"
        "try:\n    open('out/x', 'wb', 0).write(bytes(80 << 20))\n"
        "    while True: open('out/y', 'ab', 0).write(bytes(1 << 10))\n"
        "except OSError as error: sys.exit(error.strerror)\n"
    )
    each = job(small_disk, code)
    assert failure(backend, each) == "exit code 1: No space left on device"
    assert connect({}).poll(each) == backend.poll(each)
