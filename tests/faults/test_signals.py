"""Ctrl-C, TERM and a closed terminal at any moment: a clean end, and the next run goes on."""

import signal
from pathlib import Path

import pytest

from tests.faults.short import DONE, SHORT, Calm, calm_in
from tests.loop.test_faults import BEGUN, processes_in, wait_for
from tests.workspaces import unproven

SLOW = {"executor": "blocks", "with": {"pause": 20}}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Calm:
    return calm_in(tmp_path_factory.mktemp("signals"))


@pytest.mark.parametrize("sign", ["terminate", "interrupt"])
def test_asked_to_end_at_any_moment_it_ends_in_words_and_goes_on(
    calm: Calm, tmp_path: Path, sign: str
) -> None:
    for moment in calm.moments(61 if sign == "interrupt" else 0):
        workspace, ended = calm.disturbed(tmp_path / "pets", moment, sign)
        said = ended.stdout + ended.stderr
        assert ended.returncode in (2, DONE, 130), (moment, said)
        assert ended.returncode == DONE or "goes on from" in said, (moment, said)
        assert "Traceback" not in said, (moment, said)
        assert not processes_in(workspace), moment
        calm.assert_goes_on(workspace, moment)


def test_a_closed_terminal_ends_a_run_cleanly(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", **{**SHORT, "train": SLOW})
    run = workspace.start("apply")
    wait_for(workspace, "pets/r1/train")
    run.send_signal(signal.SIGHUP)
    assert run.wait(30) == 2, workspace.said
    assert "goes on from" in workspace.said
    assert not processes_in(workspace)
    assert len(list(workspace.root.glob(BEGUN))) <= 1


@pytest.mark.parametrize("sign", ["terminate", "interrupt"])
def test_a_command_that_has_only_begun_ends_in_words_too(tmp_path: Path, sign: str) -> None:
    workspace = unproven(tmp_path / "pets")
    ended = workspace.disturbed("apply", at=1, do=sign)
    assert ended.returncode == 130, ended.stderr
    assert "stopped; " in ended.stderr
    assert "Traceback" not in ended.stderr
