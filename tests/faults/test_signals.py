"""Ctrl-C, TERM and a closed terminal at any moment: a clean end, and the next run goes on."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.faults.test_disk import DONE, SHORT, WORDS
from tests.loop.test_faults import BEGUN, digests_of_versions, processes_in, wait_for
from tests.workspaces import Workspace, copied, unproven

SAMPLE = 2
SLOW = {"executor": "blocks", "with": {"pause": 20}}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, str], int]:
    folder = tmp_path_factory.mktemp("signals")
    fresh = unproven(folder / "pets", **SHORT)
    undisturbed = copied(fresh, folder / "calm")
    log = folder / "effects.txt"
    assert undisturbed.disturbed(*WORDS, log=str(log)).returncode == DONE
    return fresh, digests_of_versions(undisturbed), len(log.read_text().splitlines())


@pytest.mark.parametrize("sign", ["terminate", "interrupt"])
def test_asked_to_end_at_any_moment_it_ends_in_words_and_goes_on(
    calm: tuple[Workspace, dict[str, str], int], tmp_path: Path, sign: str
) -> None:
    fresh, expected, count = calm
    step = int(os.environ.get("YMIR_SOAK", "0")) or count // SAMPLE
    for moment in range(1 + (61 if sign == "interrupt" else 0), count, step):
        workspace = copied(fresh, tmp_path / "pets")
        ended = workspace.disturbed(*WORDS, at=moment, do=sign)
        said = ended.stdout + ended.stderr
        assert ended.returncode in (2, DONE, 130), (moment, said)
        assert ended.returncode == DONE or "goes on from" in said, (moment, said)
        assert "Traceback" not in said, (moment, said)
        assert not processes_in(workspace), moment
        assert workspace.ymir(*WORDS).returncode == DONE, moment
        assert digests_of_versions(workspace) == expected, moment
        assert workspace.run("git", "status", "--porcelain") == "", moment
        shutil.rmtree(workspace.root)


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
