"""An executor that ships with ymir calls nobody: traced, since libraries do so unasked."""

import subprocess
from pathlib import Path

from tests.executors.runs import Executor, prepare, write_labelled, write_pool
from tests.tracing import STRACE

TINYDET = Executor("tinydet")
SHORT = {"image_size": 64, "crop": 64, "batch_size": 4, "iterations": 2}


def _calls(folder: Path, tasks: list[str], config: dict, **index: Path) -> list[str]:
    environment, _ = prepare(folder, tasks, {**SHORT, **config}, **index)
    calls = folder / "calls.txt"
    trace = ["strace", "-f", "--seccomp-bpf", "-e", "trace=connect", "-o", str(calls)]
    command = [*trace, str(TINYDET.python), str(TINYDET.folder / "main.py")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line for line in calls.read_text().splitlines() if "AF_INET" in line]


@STRACE
@TINYDET.needed
def test_no_task_calls_anybody(tmp_path: Path) -> None:
    data = {name: write_labelled(tmp_path, name, range(4)) for name in ("training", "val")}
    assert _calls(tmp_path / "train", ["training"], {}, **data) == []
    files = sorted((tmp_path / "train" / "out" / "models" / "best").iterdir())
    model = {"model_params_path": [str(file) for file in files], "runtime": "onnx"}
    pool = write_pool(tmp_path, [(64, 64)] * 2)
    assert _calls(tmp_path / "look", ["mining", "infer"], model, candidate=pool) == []
