"""The executor's one command: its tasks, and what torch's exceptions mean."""

from ymir_kit.errors import Code, ExecutorError
from ymir_kit.prediction import run_prediction
from ymir_kit.pytorch import is_lack_of_memory
from ymir_kit.task import Executor, Task, run

from tinydet.predict import Eye
from tinydet.train import run_training


def main() -> int:
    """Do what `env.yaml` asks and return the exit code."""
    return run(Executor("tinydet", run_training, predict, explain))


def predict(task: Task) -> None:
    """Do the mining and infer tasks."""
    run_prediction(task, Eye)


def explain(error: Exception) -> ExecutorError | None:
    """Return what an exception means to the user, None when it is a fault of ours."""
    if is_lack_of_memory(error):
        hint = "lower `batch_size` or `image_size`, or give fewer images"
        return ExecutorError(Code.MEMORY, f"out of memory: {hint}")
    return None
