"""What `ymir` offers to scripts: quick to import, and typed."""

import subprocess
import sys
from pathlib import Path

import pytest

import ymir

SCRIPT = '''\
"""What a user may write."""

import polars as pl

from ymir import Exit, Workspace, YmirError


def main() -> float:
    workspace = Workspace("lamps")
    why: list[str] = [each.why for each in workspace.plan(target="lamps").steps]
    try:
        outcome = workspace.apply(retry=True, allow=["retrain"], progress=print)
    except YmirError as error:
        raise SystemExit(error.exit_code) from error
    if outcome.exit is not Exit.DONE:
        raise SystemExit(outcome.exit)
    boxes: pl.DataFrame = workspace.dataset("street@v2").boxes()
    found = workspace.predict("lamps", ["a.jpg"], threshold=0.5).boxes()
    rounds = workspace.rounds("lamps")
    return workspace.round("lamps").map + boxes.height + found.height + rounds.height + len(why)
'''
WRONG = """\
from ymir import Wrokspace
from ymir import Workspace

wrong: int = Workspace(".").plan().text
Workspace(".").apply(allow=["all"])
Workspace(".").aply()
"""


def test_importing_ymir_loads_nothing_that_takes_time() -> None:
    code = "import sys, ymir; ymir.__version__; print([m for m in sys.modules if 'ymir' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['ymir']"


def test_what_is_offered_is_there_and_nothing_else() -> None:
    assert all(getattr(ymir, name) for name in ymir.__all__)
    with pytest.raises(AttributeError, match="no attribute `Wrokspace`"):
        _ = ymir.Wrokspace


def test_a_script_of_a_user_is_checked_strictly(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text(SCRIPT)
    (tmp_path / "wrong.py").write_text(WRONG)
    words = ("-m", "mypy", "--strict", "--config-file=", "--no-error-summary")
    done = subprocess.run(
        [sys.executable, *words, "right.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split(":")[:2] for line in done.stdout.splitlines()]
    assert lines == [["wrong.py", str(number)] for number in (1, 4, 5, 6)], done.stdout
