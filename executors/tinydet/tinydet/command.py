"""The executor's one command: read the environment, do its task, say how it ended."""

import logging
import sys

import torch

from tinydet.contract import Environment, environment_file, read_environment, read_mapping
from tinydet.errors import Code, ExecutorError, StoppedError
from tinydet.outputs import Monitor
from tinydet.predict import run_prediction
from tinydet.settings import Config
from tinydet.stopping import StopSignal
from tinydet.train import run_training

SIGNAL_BASE = 128  # exit code of a process that a signal ended, by shell custom
OUT_OF_MEMORY_TEXT = "can't allocate memory"  # how torch on a CPU says it


def main() -> int:
    """Do what `env.yaml` asks and return the exit code."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s")
    logging.getLogger("tinydet").setLevel(logging.INFO)
    stop = StopSignal()
    stop.listen()
    try:
        environment = read_environment(environment_file())
    except ExecutorError as error:
        return _say(error)
    monitor = Monitor(environment.monitor_file, environment.task_id)
    try:
        _run(environment, monitor, stop)
    except StoppedError as stopped:
        sys.stderr.write(f"tinydet: {stopped}\n")
        return SIGNAL_BASE + stopped.signal_number
    except ExecutorError as error:
        monitor.failed(error.code, str(error))
        return _say(error)
    return 0


def _run(environment: Environment, monitor: Monitor, stop: StopSignal) -> None:
    """Do the one task that is switched on; lack of memory becomes an error like the others."""
    monitor.progress(0.0)
    config = Config(read_mapping(environment.config_file))
    try:
        if environment.run_training:
            run_training(environment, config, monitor, stop)
        elif environment.run_mining or environment.run_infer:
            run_prediction(environment, config, monitor, stop)
        else:
            raise ExecutorError(Code.CONFIG, "env.yaml switches no task on")
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _out_of_memory() from error
    except RuntimeError as error:
        if OUT_OF_MEMORY_TEXT not in str(error):
            raise
        raise _out_of_memory() from error


def _out_of_memory() -> ExecutorError:
    return ExecutorError(
        Code.MEMORY, "out of memory: lower `batch_size` or `image_size`, or give fewer images"
    )


def _say(error: ExecutorError) -> int:
    """End the log with what is wrong, and return the exit code."""
    sys.stderr.write(f"tinydet: error {int(error.code)}: {error}\n")
    return 1
