"""One task of an executor, and the way from `env.yaml` to an exit code."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass

from ymir_kit.config import Config
from ymir_kit.contract import Environment, environment_file, read_environment, read_mapping
from ymir_kit.errors import Code, ExecutorError, StoppedError
from ymir_kit.outputs import Monitor
from ymir_kit.stopping import StopSignal

SIGNAL_BASE = 128  # exit code of a process that a signal ended, by shell custom


@dataclass(frozen=True)
class Task:
    """What a platform asks for: where, with which parameters, and how to talk while at it."""

    environment: Environment
    config: Config
    monitor: Monitor
    stop: StopSignal


@dataclass(frozen=True)
class Executor:
    """A detector as a program: its name, its two works, what its libraries' exceptions mean."""

    name: str
    train: Callable[[Task], None]
    predict: Callable[[Task], None]
    explain: Callable[[Exception], ExecutorError | None]


def run(executor: Executor) -> int:
    """Do what `env.yaml` asks and return the exit code."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s")
    for name in ("ymir_kit", executor.name):
        logging.getLogger(name).setLevel(logging.INFO)
    stop = StopSignal()
    stop.listen()
    try:
        environment = read_environment(environment_file())
    except ExecutorError as error:
        return _say(executor.name, error)
    monitor = Monitor(environment.monitor_file, environment.task_id)
    try:
        _do(executor, environment, monitor, stop)
    except StoppedError as stopped:
        sys.stderr.write(f"{executor.name}: {stopped}\n")
        return SIGNAL_BASE + stopped.signal_number
    except ExecutorError as error:
        monitor.failed(error.code, str(error))
        return _say(executor.name, error)
    return 0


def _do(executor: Executor, environment: Environment, monitor: Monitor, stop: StopSignal) -> None:
    """Do the one task that is switched on; what the libraries raise becomes an error like ours."""
    monitor.progress(0.0)
    task = Task(environment, Config(read_mapping(environment.config_file)), monitor, stop)
    try:
        if environment.run_training:
            executor.train(task)
        elif environment.run_mining or environment.run_infer:
            executor.predict(task)
        else:
            raise ExecutorError(Code.CONFIG, "env.yaml switches no task on")
    except (MemoryError, RuntimeError) as error:
        known = executor.explain(error)
        if known is None:
            raise
        raise known from error


def _say(name: str, error: ExecutorError) -> int:
    """End the log with what is wrong, and return the exit code."""
    sys.stderr.write(f"{name}: error {int(error.code)}: {error}\n")
    return 1
