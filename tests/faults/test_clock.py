"""A clock that is years ahead, and then years behind: nothing is waited for or redone."""

import re
import subprocess
from pathlib import Path

from tests.components import needs
from tests.loop.test_faults import digests_of_versions
from tests.workspaces import ENVIRONMENT, YMIR, Workspace, copied, unproven

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
SHORT = {"goal": {"map": 1.0, "rounds": 1}, "mine": {"use": "random", "topk": 3}}
UNTIL = ("--until", "train")


def at(workspace: Workspace, shift: str, *words: str) -> subprocess.CompletedProcess[str]:
    """`ymir …` under a clock that is wrong by so much, as all that it begins."""
    return subprocess.run(
        [*YMIR, *words],
        cwd=workspace.root,
        env={**ENVIRONMENT, "LD_PRELOAD": str(LIBRARY), "FAKETIME": shift},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@needs("faketime", LIBRARY is not None, "apt-get install faketime")
def test_clocks_years_apart_end_as_a_right_one(tmp_path: Path) -> None:
    workspace = unproven(tmp_path / "pets", **SHORT)
    calm = copied(workspace, tmp_path / "calm")
    assert calm.ymir("apply").returncode == 4
    ahead = at(workspace, "+5y", "apply", *UNTIL)
    assert "Traceback" not in ahead.stderr, ahead.stderr
    behind = at(workspace, "-3y", "apply")
    assert behind.returncode == 4, behind.stdout + behind.stderr
    assert digests_of_versions(workspace) == digests_of_versions(calm)
    records = [path.read_text() for path in workspace.root.glob("data/**/*.dvc")]
    spent = [float(each) for each in re.findall(r"seconds: (-?[\d.]+)", "\n".join(records))]
    assert spent
    assert min(spent) >= 0
    assert max(spent) < 600
    said = at(workspace, "-6y", "status")
    assert (said.returncode, said.stderr) == (0, "")
    assert not re.search(r"-\d+ (s|min|h|days)", said.stdout)
    again = workspace.ymir("apply")
    assert "nothing to do" in again.stdout
