"""What a run shows on a terminal; elsewhere it prints plain lines, which the loop's tests read."""

import os
import pty
import re
import subprocess
from pathlib import Path

from tests.workspaces import ENVIRONMENT, YMIR, make
from ymir.cli.running.display import Display
from ymir.plan.snapshot import Recipe, Version
from ymir.plan.stage import Stage
from ymir.reconcile import Recorded


def test_a_terminal_shows_how_far_a_job_is(tmp_path: Path) -> None:
    train = {"executor": "blocks", "with": {"pause": 2}}
    workspace = make(tmp_path / "pets", train=train, goal={"map": 0.99, "rounds": 1})
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [*YMIR, "apply"],
        cwd=workspace.root,
        stdout=theirs,
        stderr=theirs,
        env={**ENVIRONMENT, "TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(theirs)
    said = "".join(_read(ours))
    assert run.wait() == 4, said
    assert "pets/r1/train" in said
    assert any(f" {percent} %" in said for percent in range(10, 100, 10)), said
    assert "✓ pets/r1/judge: mAP" in said


DRAW = """
from ymir.cli.running.display import screen
drawn = screen(is_quiet=False)
drawn.open()
drawn.begin("pets/r1/train-with-a-rather-long-name")
drawn.advance("pets/r1/train-with-a-rather-long-name", 0.5)
drawn.say("pets/r1/training was recorded, and this line is longer than it is wide")
drawn.close()
"""


def drawn(**environment: str) -> str:
    """What a terminal is sent while a job runs."""
    ours, theirs = pty.openpty()
    surroundings = {**ENVIRONMENT, "TERM": "xterm-256color", "NO_COLOR": "", **environment}
    run = subprocess.Popen([YMIR[0], "-c", DRAW], stdout=theirs, stderr=theirs, env=surroundings)
    os.close(theirs)
    said = "".join(_read(ours))
    assert run.wait() == 0, said
    assert "pets/r1/training was recorded" in said.replace("\r\n", " ")
    return said


def test_a_terminal_without_colours_gets_none() -> None:
    colours = r"\x1b\[[\d;]*3\d[\d;]*m"
    assert re.search(colours, drawn())
    assert not re.search(colours, drawn(NO_COLOR="1"))


def test_a_terminal_that_cannot_be_drawn_on_gets_lines() -> None:
    for name in ("dumb", "unknown"):
        assert "\x1b" not in drawn(TERM=name)


def test_a_narrow_terminal_gets_no_line_that_it_would_break() -> None:
    said = drawn(COLUMNS="30")
    lines = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", said).replace("\r", "\n").split("\n")
    assert max(map(len, lines)) <= 30


def test_a_pipe_gets_plain_lines_whatever_is_said_of_colours() -> None:
    for more in ({}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}, {"COLUMNS": "20"}):
        run = [YMIR[0], "-c", DRAW]
        done = subprocess.run(run, env={**ENVIRONMENT, **more}, capture_output=True, check=True)
        assert b"\x1b" not in done.stdout + done.stderr
        assert done.stdout.decode().count("\n") == 2


def _read(terminal: int) -> list[str]:
    """Everything until the program is gone; Linux ends a terminal's output by an error."""
    pieces = []
    try:
        while piece := os.read(terminal, 1 << 16):
            pieces.append(piece)
    except OSError:
        pass
    finally:
        os.close(terminal)
    return [b"".join(pieces).decode()]


def test_an_import_ends_with_its_balance_in_three_lines(tmp_path, capsys):
    balance = {
        "images": {"in": 4, "kept": 2, "merged": 1, "rejected": 1},
        "boxes": {"in": 9, "kept": 7, "merged": 1, "rejected": 1, "cut": 3},
        "ignored": {"keypoints": 5},
    }
    facts = {"images": 2, "boxes": 7, "import": balance}
    version = Version(Recipe("dataset", {}, {}), "d1", 2, facts)
    Display(tmp_path).show(Recorded(Stage("site", "dataset"), version, 1.0, 0.0))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  images  4 found = 2 kept + 1 merged + 1 rejected",
        "  boxes   9 found = 7 kept, 3 of them cut to fit + 1 merged + 1 rejected",
        "  reasons in data/datasets/site/v2/import.json; 5 keypoints ignored",
    ]


def test_what_was_read_leniently_is_said_at_once(tmp_path, capsys):
    facts = {"remarks": ["3 boxes without a score, left out; for one: a.jpg"], "began_from": "best"}
    version = Version(Recipe("predict", {}, {}), "d1", 1, facts)
    Display(tmp_path).show(Recorded(Stage("pets/r1/predict", "predict"), version, 1.0, 0.0))
    assert capsys.readouterr().out.splitlines()[1:] == [
        "  began from what a failed attempt left: best",
        "  read leniently: 3 boxes without a score, left out; for one: a.jpg",
    ]
