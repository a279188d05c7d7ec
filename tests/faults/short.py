"""A loop so short that it can be disturbed at many moments; in CI, no more than one import of it.

CI takes a few moments; `YMIR_SOAK=<step>` every so-manieth of a whole loop, 1 all.
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

from tests.loop.test_faults import digests_of_versions
from tests.workspaces import Workspace, copied, unproven

SHORT = {"goal": {"map": 1.0, "rounds": 1}, "mine": {"use": "random", "topk": 3}}
IS_SOAKING = "YMIR_SOAK" in os.environ
WORDS = ("apply",) if IS_SOAKING else ("apply", "--target", "val")
DONE = 4 if IS_SOAKING else 0
_SAMPLE = 2  # moments in CI, for each fault


@dataclass(frozen=True)
class Calm:
    """A workspace before its first apply; what an undisturbed one comes to, by how many effects."""

    fresh: Workspace
    expected: dict[str, str]
    count: int

    def moments(self, first: int) -> range:
        """The effects to disturb it at."""
        step = int(os.environ.get("YMIR_SOAK", "0")) or self.count // _SAMPLE
        return range(1 + first % step, self.count, step)

    def disturbed(self, folder: Path, moment: int, do: str) -> tuple[Workspace, CompletedProcess]:
        """What becomes of a copy."""
        workspace = copied(self.fresh, folder)
        return workspace, workspace.disturbed(*WORDS, at=moment, do=do)

    def assert_goes_on(self, workspace: Workspace, moment: int) -> None:
        """The next run ends as an undisturbed one; then the copy goes."""
        assert workspace.ymir(*WORDS).returncode == DONE, moment
        assert digests_of_versions(workspace) == self.expected, moment
        assert workspace.run("git", "status", "--porcelain") == "", moment
        shutil.rmtree(workspace.root)


def calm_in(folder: Path) -> Calm:
    """One that nobody disturbs."""
    fresh = unproven(folder / "pets", **SHORT)
    undisturbed = copied(fresh, folder / "calm")
    log = folder / "effects.txt"
    assert undisturbed.disturbed(*WORDS, log=str(log)).returncode == DONE
    return Calm(fresh, digests_of_versions(undisturbed), len(log.read_text().splitlines()))
