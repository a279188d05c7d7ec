import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.backends.programs import FOREVER, IGNORE_TERM, until, wait
from tests.backends.programs import process as job
from tests.jobs.examples import training
from ymir.backends.process import Processes, environment
from ymir.contracts.attempt import attempts
from ymir.contracts.backend import Done, Failed, Job, Running
from ymir.errors import SpecError
from ymir.gpus import Gpu, Slots
from ymir.jobs.folder import lay_out
from ymir.spec.executor import Resources

FAMILY = (  # a child of the executor that lives on, and one that is deaf besides
    "import subprocess, sys\n"
    f"code = {IGNORE_TERM + FOREVER!r}\n"
    "child = subprocess.Popen([sys.executable, '-c', code])\n"
    "open('../../child', 'w').write(str(child.pid))\n"
)
ON_THE_SECOND_TRY = (
    "import os, time\n"
    "if os.getcwd().endswith('/1'):\n"
    "    time.sleep(60)\n"
    "open('out/x', 'w').close()\n"
)


def pids(each: Job) -> dict[str, int]:
    return dict(json.loads(until(attempts(each.folder)[-1].folder / "pids.json")))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def dies(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_alive(pid)


def elsewhere(each: Job, then: str) -> "subprocess.Popen[bytes]":
    """Another ymir that starts the job."""
    code = (
        "import time; from pathlib import Path; from ymir.backends.process import connect\n"
        "from ymir.contracts.backend import Job\n"
        f"job = Job({each.name!r}, {each.command!r}, Path({str(each.folder)!r}))\n"
        f"backend = connect({{}}); backend.start(job); {then}\n"
    )
    return subprocess.Popen([sys.executable, "-c", code])


@pytest.fixture
def backend() -> Processes:
    return Processes()


def test_what_a_job_sees_of_the_environment_is_listed() -> None:
    outer = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "1",
        "OMP_NUM_THREADS": "1",
        "GITHUB_TOKEN": "x",
        "MYPATH": "x",
        "PYTHONPATH": "x",
        "HTTPS_PROXY": "http://user:secret@proxy",
    }
    each = Job("job", ("x",), Path("/job"), env={"A": "1", "PATH": "/mine"})
    assert environment(each, outer, Path("/job/env.yaml")) == {
        "PATH": "/mine",
        "LC_ALL": "C",
        "CUDA_VISIBLE_DEVICES": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "A": "1",
        "DEFAULT_ENV_FILE_PATH": "/job/env.yaml",
    }


def test_a_contract_job_finds_its_files(backend: Processes, tmp_path: Path) -> None:
    code = (
        "import os\n"
        "env = open(os.environ['DEFAULT_ENV_FILE_PATH']).read()\n"
        "assert f'config_file: {os.getcwd()}/config.yaml' in env, env\n"
        "assert f'root_dir: {os.getcwd()}/out' in env, env\n"
        "assert 'class_names' in open('config.yaml').read()\n"
        "assert os.path.isdir('out/models') and os.path.exists('out/monitor.txt')\n"
    )
    lay_out(training(tmp_path), tmp_path / "job")
    each = job(tmp_path, code)
    backend.start(each)
    assert isinstance(wait(backend, each), Done)


def test_a_job_runs_in_a_session_of_its_own(backend: Processes, tmp_path: Path) -> None:
    each = job(tmp_path, "import os; open('out/x', 'w').write(str(os.getsid(0)))")
    backend.start(each)
    wait(backend, each)
    assert int((each.folder / "out" / "x").read_text()) != os.getsid(0)


def test_stop_ends_grandchildren_too(backend: Processes, tmp_path: Path) -> None:
    each = job(tmp_path, FAMILY + FOREVER)
    backend.start(each)
    child = int(until(each.folder / "child"))
    backend.stop(each)
    assert dies(child)


def test_grandchildren_do_not_outlive_a_job_that_ends_well(
    backend: Processes, tmp_path: Path
) -> None:
    each = job(tmp_path, FAMILY)
    backend.start(each)
    assert isinstance(wait(backend, each), Done)
    assert dies(int(until(each.folder / "child")))


def test_grandchildren_do_not_outlive_the_time_limit(backend: Processes, tmp_path: Path) -> None:
    each = job(tmp_path, FAMILY + FOREVER, resources=Resources(timeout="1s"))
    backend.start(each)
    child = int(until(each.folder / "child"))
    assert isinstance(wait(backend, each), Failed)
    assert dies(child)


def test_a_lost_attempt_is_followed_by_one_more(backend: Processes, tmp_path: Path) -> None:
    each = job(tmp_path, ON_THE_SECOND_TRY)
    backend.start(each)
    lost = pids(each)
    os.kill(lost["shim"], signal.SIGKILL)
    assert isinstance(wait(backend, each), Done)
    assert not is_alive(lost["child"])
    assert len(attempts(each.folder)) == 2


def test_a_job_that_is_lost_twice_has_failed_until_it_is_started_again(
    backend: Processes, tmp_path: Path
) -> None:
    each = job(tmp_path, FOREVER)
    backend.start(each)
    for number in (1, 2):
        assert len(attempts(each.folder)) == number
        os.kill(pids(each)["shim"], signal.SIGKILL)
        dies(pids(each)["shim"])
        outcome = backend.poll(each)
    assert isinstance(outcome, Failed)
    assert "vanished twice" in outcome.why
    assert backend.poll(each) == outcome
    backend.stop(each)
    backend.start(each)
    assert isinstance(backend.poll(each), Running)
    backend.stop(each)
    assert len(attempts(each.folder)) == 3


def test_stopping_a_lost_job_ends_what_it_left(backend: Processes, tmp_path: Path) -> None:
    each = job(tmp_path, FOREVER)
    backend.start(each)
    left = pids(each)
    os.kill(left["shim"], signal.SIGKILL)
    dies(left["shim"])
    backend.stop(each)
    assert not is_alive(left["child"])
    assert backend.poll(each) == Failed("was stopped", attempts(each.folder)[0].log)


def test_a_number_that_was_used_again_is_not_taken_for_the_job(
    backend: Processes, tmp_path: Path
) -> None:
    each = job(tmp_path, FOREVER)
    backend.start(each)
    file = attempts(each.folder)[0].folder / "pids.json"
    said = pids(each)
    os.kill(said["shim"], signal.SIGKILL)
    dies(said["shim"])
    os.killpg(said["child"], signal.SIGKILL)
    stranger = subprocess.Popen([sys.executable, "-c", FOREVER], start_new_session=True)
    file.write_text(json.dumps({**said, "child": stranger.pid}))
    backend.stop(each)
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_a_job_outlives_the_ymir_that_started_it(backend: Processes, tmp_path: Path) -> None:
    each = job(tmp_path, "import time; time.sleep(1); open('out/x', 'w').close()")
    other = elsewhere(each, "time.sleep(60)")
    until(each.folder / "attempts" / "1" / "pids.json")
    other.kill()
    other.wait()
    backend.start(each)
    assert isinstance(backend.poll(each), Running)
    assert isinstance(wait(backend, each), Done)
    assert len(attempts(each.folder)) == 1


def test_two_that_start_at_once_are_one_job(backend: Processes, tmp_path: Path) -> None:
    each = job(tmp_path, "import time; open('../../begun', 'a').write('.'); time.sleep(.5)")
    others = [elsewhere(each, "pass") for _ in range(3)]
    for other in others:
        assert other.wait() == 0
    assert isinstance(wait(backend, each), Done)
    assert (each.folder / "begun").read_text() == "."
    assert [each.name for each in (each.folder / "attempts").iterdir()] == ["1"]


def test_an_image_is_not_for_this_backend(backend: Processes, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"`yolo:1` is a container image"):
        backend.start(Job("job", (), tmp_path, image="yolo:1"))


def test_an_attempt_whose_ymir_died_before_it_ran_is_lost(
    backend: Processes, tmp_path: Path
) -> None:
    each = job(tmp_path, ON_THE_SECOND_TRY)
    (each.folder / "attempts" / "1").mkdir(parents=True)
    (each.folder / "attempts" / "1" / "lock").touch()
    assert isinstance(wait(backend, each), Done)


CARD = Gpu(0, "GPU-5d8a1c6e", "NVIDIA H200", 143771)


def test_one_gpu_is_for_one_job_at_a_time(tmp_path: Path) -> None:
    shared = Slots(tmp_path / "slots")
    first, second = (Processes(lambda: (CARD,), shared) for _ in range(2))
    code = "import os; open('out/gpus', 'w').write(os.environ['CUDA_VISIBLE_DEVICES'])\n"
    one = job(tmp_path / "1", code + FOREVER, resources=Resources(gpus=1))
    two = job(tmp_path / "2", code, resources=Resources(gpus=1))
    first.start(one)
    second.start(two)
    assert until(attempts(one.folder)[0].out / "gpus") == CARD.uuid
    assert second.poll(two) == Running()
    assert not attempts(two.folder)
    first.stop(one)
    assert isinstance(wait(second, two), Done)
    assert (two.folder / "out" / "gpus").read_text() == CARD.uuid


def test_more_gpus_than_there_are_will_never_be_free(tmp_path: Path) -> None:
    backend = Processes(lambda: (CARD,), Slots(tmp_path / "slots"))
    with pytest.raises(SpecError, match="2 GPUs asked for, and this machine has 1"):
        backend.start(job(tmp_path, "", resources=Resources(gpus=2)))


def test_an_interrupt_of_the_whole_group_does_not_end_what_is_being_started(tmp_path: Path) -> None:
    each = job(tmp_path, "import time; time.sleep(60)")
    code = (
        "import os, signal, threading, time; from pathlib import Path\n"
        "from ymir.backends.process import connect\n"
        "from ymir.contracts.backend import Job\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "children = Path(f'/proc/self/task/{os.getpid()}/children')\n"
        "def interrupt():\n"
        "    while not children.read_text(): pass\n"
        "    time.sleep(0.005)\n"
        "    os.killpg(0, signal.SIGINT)\n"
        "threading.Thread(target=interrupt, daemon=True).start()\n"
        f"connect({{}}).start(Job({each.name!r}, {each.command!r}, Path({str(each.folder)!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert isinstance(Processes().poll(each), Running)
    Processes().stop(each)
