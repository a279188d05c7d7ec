"""The command line starts without what it does not need."""

import subprocess
import sys

HEAVY = ("torch", "polars", "docker", "ray", "dvc", "numpy", "rich.progress", "hotcoco")


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = f"import sys, ymir.cli.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "[]"
