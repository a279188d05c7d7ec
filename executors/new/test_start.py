"""`pytest FOLDER`: it learns what it should, and keeps the contract."""

import subprocess
from pathlib import Path

from start import learn


def test_it_learns_where_the_things_of_a_class_are():
    left, right, low = (0, [0.0, 0, 0.5, 1]), (0, [0.5, 0, 0.5, 1]), (1, [0, 0.5, 1, 0.5])
    assert learn([[left, low], [right], [], []], ["cat", "dog", "bird"]) == {
        "cat": {"box": [0.25, 0, 0.5, 1], "score": 0.5},
        "dog": {"box": [0, 0.5, 1, 0.5], "score": 0.25},
    }


def test_it_keeps_the_contract():
    command = ["ymir", "executor", "check", "--no-build", str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
