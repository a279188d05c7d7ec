"""A command that was forked is a process like any other."""

import signal
import subprocess
from pathlib import Path

import pytest
import vl_convert

from tests import forked
from tests.drawing import address, drawn_there
from tests.workspaces import ENVIRONMENT, Workspace, unproven


def test_it_says_what_a_process_of_its_own_says(tmp_path: Path) -> None:
    for words in (["--version"], ["plan"], ["status", "--json"]):
        theirs = subprocess.run(
            ["ymir", *words],
            cwd=tmp_path,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
        ours = Workspace(tmp_path).ymir(*words)
        assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
        assert ours.stderr == theirs.stderr


def test_it_has_its_own_number_and_ends_when_it_is_told(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "w")
    runs = [workspace.start("watch", "--interval", "1h") for _ in range(2)]
    assert len({run.pid for run in runs}) == 2
    for run, number in zip(runs, (signal.SIGKILL, signal.SIGSTOP), strict=True):
        assert run.poll() is None
        run.send_signal(number)
    assert runs[0].wait(60) == -signal.SIGKILL
    with pytest.raises(subprocess.TimeoutExpired):
        runs[1].wait(0.1)
    runs[1].kill()
    assert runs[1].wait(60) == -signal.SIGKILL
    runs[1].terminate()  # too late, and no mistake


def test_it_knows_its_own_environment_only(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "YMIR_SPECS_FROM": "nowhere"}
    workspace = unproven(tmp_path / "w")
    told = forked.run(["plan"], workspace.root, environment)
    assert "it has no folder `specs`" in told.stderr
    assert workspace.ymir("plan").returncode == 2


def test_its_charts_are_those_that_a_process_draws_for_itself() -> None:
    alone = vl_convert.vegalite_to_svg
    chart = {"mark": "point", "data": {"values": [{"a": 1}]}, "encoding": {"x": {"field": "a"}}}
    asked = {"config": {"background": "#123456"}, "allowed_base_urls": []}
    assert drawn_there(address(), alone, chart, **asked) == alone(chart, **asked)
    assert drawn_there("nobody-listens", alone, chart, **asked) == alone(chart, **asked)
    for draw in (alone, lambda spec: drawn_there(address(), alone, spec)):
        with pytest.raises(ValueError, match="conversion failed"):
            draw({"mark": 7})
