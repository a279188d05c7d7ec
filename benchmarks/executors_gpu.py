"""The detector for GPUs: its training and inference beside transformers' plain loop.

Where the executor's environment sees a GPU, a model of size `s` at 640 pixels is measured, and has
to reach its share. On a CPU it is the tiny one, whose fixed costs weigh more: the figures say so,
and nothing is asked of them. Runs and loops take turns on the same model, batches and data.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from figures import Figure, arguments, conclude

from ymir.errors import PluginError
from ymir.jobs.environment import folder_of, python_of

AT_LEAST = 0.95  # of the plain loop's images per second
WORK = Path(__file__).with_name("executors_gpu_work.py")


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "")
    conclude(detector(is_quick=asked.quick), asked.json)


def detector(*, is_quick: bool) -> list[Figure]:
    """The figures; none where the executor is not set up."""
    try:
        python = python_of("rtdetr")
    except PluginError as error:
        print(f"the detector for GPUs is left out: {error}")
        return []
    with tempfile.TemporaryDirectory(prefix="ymir-detector-") as folder:
        told = Path(folder) / "told.json"
        command = [python, WORK, folder, told, *["--quick"][: int(is_quick)]]
        home = folder_of("rtdetr")
        seen = {**os.environ, "PYTHONPATH": f"{home}{os.pathsep}{home.parent / 'kit'}"}
        subprocess.run([str(word) for word in command], env=seen, check=True)
        found = json.loads(told.read_text(encoding="utf-8"))
    return [figure for task in ("training", "inference") for figure in _figures(task, found)]


def _figures(task: str, found: dict[str, dict[str, float]]) -> list[Figure]:
    place, seen = found["place"], found[task]
    asked = ("at least", AT_LEAST) if found["has_gpu"] else ()
    return [
        Figure(f"{task} on {place}: ours", seen["ours"], "images/s"),
        Figure(f"{task} on {place}: transformers' plain loop", seen["plain"], "images/s"),
        Figure(f"{task} on {place}: ours to plain", seen["ratio"], "times", *asked),
        Figure(f"{task} on {place}: peak memory", seen["memory"], "MB"),
    ]


if __name__ == "__main__":
    main()
