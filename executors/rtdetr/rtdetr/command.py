"""The executor's one command: its tasks, and what torch's exceptions mean."""

import sys
from pathlib import Path

from ymir_kit.errors import Code, ExecutorError
from ymir_kit.prediction import run_prediction
from ymir_kit.pytorch import is_lack_of_memory
from ymir_kit.task import Executor, Task, run

from rtdetr import processes
from rtdetr.predict import Eye
from rtdetr.settings import machine
from rtdetr.train import run_training

MAIN = Path(sys.argv[0]).resolve()
NO_GPU_TEXTS = ("no NVIDIA driver", "CUDA driver", "no CUDA-capable device")


def main() -> int:
    """Do what `env.yaml` asks and return the exit code."""
    return run(Executor("rtdetr", train, predict, explain))


def train(task: Task) -> None:
    """Do the training task, with one process for each GPU."""
    gpus = machine(task.config).gpus
    if len(gpus) > 1 and not processes.is_one_of_several():
        processes.run_one_each(gpus, MAIN, task)
    else:
        run_training(task)


def predict(task: Task) -> None:
    """Do the mining and infer tasks, on the first GPU."""
    run_prediction(task, Eye)


def explain(error: Exception) -> ExecutorError | None:
    """Return what an exception means to the user, None when it is a fault of ours."""
    if is_lack_of_memory(error):
        return ExecutorError(Code.MEMORY, "out of memory: lower `batch_size` or `image_size`")
    if any(text in str(error) for text in NO_GPU_TEXTS):
        return ExecutorError(Code.GPU, f"the GPU cannot be used: {' '.join(str(error).split())}")
    return None
