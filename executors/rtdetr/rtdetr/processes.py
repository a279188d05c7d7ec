"""A training on several GPUs: a process for each, started by torchrun, joined by accelerate."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ymir_kit.errors import Code, ExecutorError
from ymir_kit.task import Task

LOOK_EVERY = 0.1  # seconds
PATIENCE = 30.0  # seconds that processes have to end after a signal
MESSAGE, CODE, STATE = 5, 4, 3  # columns of monitor.txt
FAILED = "4"


def is_one_of_several() -> bool:
    """Whether this process was started by torchrun."""
    return "WORLD_SIZE" in os.environ


def count() -> int:
    """Return how many processes share the training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def index() -> int:
    """Return which of them this is; the first one writes and talks."""
    return int(os.environ.get("RANK", "0"))


def run_one_each(gpus: Sequence[int], program: Path, task: Task) -> None:
    """Run the program once per GPU, hand signals on, and raise what went wrong in one of them."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    command += [f"--nproc-per-node={len(gpus)}", sys.executable, str(program)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ",".join(map(str, gpus))}
    group = subprocess.Popen(command, env=environment)  # noqa: S603 - our own words and paths
    code = _wait(group, task)
    task.stop.check()
    if code:
        raise _reported(task.environment.monitor_file)


def _wait(group: subprocess.Popen[bytes], task: Task) -> int:
    """Return the exit code of the processes; a signal to this one is one to them."""
    deadline = None
    while group.poll() is None:
        if task.stop.received is not None and deadline is None:
            group.terminate()
            deadline = time.monotonic() + PATIENCE
        if deadline is not None and time.monotonic() > deadline:
            group.kill()
        time.sleep(LOOK_EVERY)
    return group.returncode


def _reported(monitor: Path) -> ExecutorError:
    """Return the error that the first process to fail has written down."""
    columns = monitor.read_text(encoding="utf-8").rstrip("\n").split("\t")
    if len(columns) > MESSAGE and columns[STATE] == FAILED:
        known = {int(code): code for code in Code}
        return ExecutorError(known.get(int(columns[CODE]), Code.GPU), columns[MESSAGE])
    return ExecutorError(Code.GPU, "a process ended without a reason: see the lines above")
