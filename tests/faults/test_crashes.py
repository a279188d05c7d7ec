"""A loop of two rounds is killed at its effects, and nobody can tell afterwards: its imports."""

from pathlib import Path

import pytest

from tests.faults.loop import complaints, undisturbed
from tests.faults.matrix import leftovers, state
from tests.workspaces import copied

IMPORTS = range(5)  # and the first training set


@pytest.mark.parametrize("part", IMPORTS)
def test_a_run_killed_in_its_imports_goes_on_as_if_nothing_had_been(
    part: int, tmp_path: Path
) -> None:
    assert complaints(part, tmp_path) == []


def test_what_nobody_disturbed_is_whole_and_stays_so(tmp_path: Path) -> None:
    whole = undisturbed()
    workspace = copied(whole.parts[-1].before, tmp_path / "pets")
    assert len(whole.parts) == 20, "a part for each commit, and the end"
    assert sum(len(part.points) for part in whole.parts) > 1200
    assert workspace.ymir("apply").returncode == 4
    ended = state(workspace)
    assert whole.states[-1].differences(ended) == []
    assert set(ended.begun.values()) == {1}
    assert ended.status == ""
    assert leftovers(workspace.root) == []
    assert workspace.run("dvc", "status").strip() == "Data and pipelines are up to date."
    checked = workspace.ymir("fsck")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("stride", [211])
def test_a_run_killed_again_and_again_ends_where_the_others_do(stride: int, tmp_path: Path) -> None:
    whole = undisturbed()
    workspace = copied(whole.parts[0].before, tmp_path / "pets")
    kills = 0
    while workspace.disturbed("apply", at=stride, do="kill").returncode == -9:
        kills += 1
        assert kills < 200, "it gets nowhere"
    assert kills > 5
    assert whole.states[-1].differences(state(workspace)) == []
