"""The command line starts without what it does not need, and says what it cannot do."""

import subprocess
import sys

import pytest

from ymir.errors import Exit

HEAVY = ("torch", "polars", "docker", "ray", "dvc", "numpy", "rich.progress", "hotcoco")


def test_importing_the_command_line_loads_nothing_heavy() -> None:
    code = f"import sys, ymir.cli.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pln"], "did you mean `plan`?"),
        (["plan", "--bad"], "--bad"),
        (["predict"], "Missing argument"),
        (["plan", "-C", "/nowhere/at/all"], "`ymir init` makes one"),
    ],
)
def test_what_is_typed_wrongly_fails_with_1_and_never_reads_as_pending(words, said) -> None:
    command = [sys.executable, "-m", "ymir.cli.main", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == Exit.FAILED
    assert said in done.stderr
