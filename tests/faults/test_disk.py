"""A disk that is full, read-only or broken from any moment on: one line, and all goes on after.

CI takes a few moments of an import; `YMIR_SOAK=<step>` every so-manieth of a loop, 1 all.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.loop.test_faults import digests_of_versions
from tests.workspaces import Workspace, copied, unproven

SHORT = {"goal": {"map": 1.0, "rounds": 1}, "mine": {"use": "random", "topk": 3}}
SAMPLE = 2  # moments in CI, for each fault
IS_SOAKING = "YMIR_SOAK" in os.environ
WORDS = ("apply",) if IS_SOAKING else ("apply", "--target", "val")
DONE = 4 if IS_SOAKING else 0
SAID = {
    "no-space": "No space left on device",
    "read-only": "Read-only file system",
    "broken": "Input/output error",
}


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, str], int]:
    """A workspace before its first apply; what an undisturbed one comes to, by how many effects."""
    folder = tmp_path_factory.mktemp("disk")
    fresh = unproven(folder / "pets", **SHORT)
    undisturbed = copied(fresh, folder / "calm")
    log = folder / "effects.txt"
    assert undisturbed.disturbed(*WORDS, log=str(log)).returncode == DONE
    return fresh, digests_of_versions(undisturbed), len(log.read_text().splitlines())


def moments(count: int, first: int) -> range:
    step = int(os.environ.get("YMIR_SOAK", "0")) or count // SAMPLE
    return range(1 + first % step, count, step)


@pytest.mark.parametrize("fault", SAID)
def test_from_whichever_moment_it_fails_one_line_says_so_and_the_next_run_ends_the_same(
    calm: tuple[Workspace, dict[str, str], int], tmp_path: Path, fault: str
) -> None:
    fresh, expected, count = calm
    for moment in moments(count, 97 * (1 + list(SAID).index(fault))):
        workspace = copied(fresh, tmp_path / "pets")
        failed = workspace.disturbed(*WORDS, at=moment, do=fault)
        said = failed.stdout + failed.stderr
        if failed.returncode != DONE:  # the last effects are notes that runs can do without
            assert failed.returncode == 1, (moment, said)
            assert SAID[fault] in said, (moment, said)
        assert "Traceback" not in said, (moment, said)
        assert workspace.ymir(*WORDS).returncode == DONE, moment
        assert digests_of_versions(workspace) == expected, moment
        assert workspace.run("git", "status", "--porcelain") == "", moment
        shutil.rmtree(workspace.root)
