"""`ymir simulate` says what strategies are worth by labels that exist, and changes nothing."""

import signal
import time
from pathlib import Path

import pytest
from filelock import FileLock

from tests.workspaces import Workspace, unproven
from ymir.contracts.ticket import tickets
from ymir.errors import Exit

SMALL = ("--seeds", "1", "--start", "6", "--topk", "6", "--rounds", "1")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = unproven(tmp_path_factory.mktemp("simulate") / "pets")
    sets = (word for name in ("base", "val", "test", "pool") for word in ("--target", name))
    done = made.ymir("apply", *sets)
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def kept(workspace: Workspace) -> dict[str, int]:
    """What was done, and when."""
    files = (workspace.root / ".ymir" / "simulations").glob("*/*.*")
    return {path.as_posix(): path.stat().st_mtime_ns for path in files}


def test_strategies_are_replayed_from_one_start_and_nothing_else_changes(
    workspace: Workspace,
) -> None:
    status = workspace.run("git", "status", "--porcelain")
    head = workspace.run("git", "rev-parse", "HEAD")
    said = workspace.data("simulate", "pets", "--strategies", "random,entropy", *SMALL)
    (replay,) = said["replays"]
    random, entropy = replay["curves"]["random"], replay["curves"]["entropy"]
    assert [each["labels"] for each in random] == [each["labels"] for each in entropy] == [6, 12]
    assert random[0] == entropy[0]
    assert set(random[0]["per_class"]) == {"cat", "dog"}
    assert replay["full"] > random[0]["map"]
    assert [each["strategy"] for each in said["strategies"]] == ["random", "entropy"]
    trainings = list((workspace.root / ".ymir" / "simulations").glob("*/model.json"))
    assert len(trainings) == 4  # one start, one more for each, one with all labels
    assert list(tickets(workspace.root / ".ymir" / "jobs")) == []
    assert workspace.run("git", "status", "--porcelain") == status
    assert workspace.run("git", "rev-parse", "HEAD") == head


def test_what_is_done_is_not_done_again_and_more_is_added(workspace: Workspace) -> None:
    before = kept(workspace)
    first = workspace.data("simulate", "pets", "--strategies", "random,entropy", *SMALL)
    assert kept(workspace) == before
    more = workspace.data("simulate", "pets", "--strategies", "random,coreset", *SMALL)
    assert more["replays"][0]["curves"]["random"] == first["replays"][0]["curves"]["random"]
    now = kept(workspace)
    assert before.items() <= now.items()
    assert len([name for name in now if name.endswith("model.json")]) == 5


def test_people_read_a_table(workspace: Workspace) -> None:
    done = workspace.ymir("simulate", "pets", "--strategies", "random,entropy", *SMALL)
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "46 images with labels, judged on 30: random, entropy; 1 start of 6 images, 1 round of 6"
    )
    assert lines[1].startswith("at most 4 trainings, no round tells how long")
    (row,) = (line for line in lines if line.startswith("entropy "))
    assert "-1.000 to +1.000" in row  # one start tells nothing of the noise


def test_one_that_is_stopped_ends_its_jobs_and_goes_on(workspace: Workspace) -> None:
    words = ("--seeds", "2", "--start", "5", "--topk", "5", "--rounds", "1")
    running = workspace.start("simulate", "pets", *words)
    deadline = time.monotonic() + 120
    before = len(kept(workspace))
    while len(kept(workspace)) <= before and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == 2, workspace.said
    assert "the same command goes on from here" in workspace.said
    done = kept(workspace)
    said = workspace.data("simulate", "pets", *words)
    assert [each["seed"] for each in said["replays"]] == [1, 2]
    assert done.items() <= kept(workspace).items()


def test_there_is_one_simulation_at_a_time(workspace: Workspace) -> None:
    folder = workspace.root / ".ymir" / "simulations"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        done = workspace.ymir("simulate", "pets", *SMALL)
    assert done.returncode == Exit.LOCKED
    assert "another simulation runs in this workspace" in done.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("pest",), "no project is called `pest`\n hint: did you mean `pets`?"),
        (("pets", "--strategies", "entropie"), "no mining plugin called `entropie`"),
        (("pets", "--strategies", "executor"), "an executor's own mining is not simulated"),
        (("pets", "--topk", "50"), "are more than the 46 images of `pets` that have labels"),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    workspace: Workspace, words: tuple[str, ...], why: str
) -> None:
    done = workspace.ymir("simulate", *words)
    assert done.returncode == 1
    assert why in done.stderr


def test_a_dataset_that_is_not_made_yet_is_asked_for(tmp_path: Path) -> None:
    done = unproven(tmp_path / "pets").ymir("simulate", "pets")
    assert done.returncode == 1
    assert "the dataset `test`, of `data: testing:`, is not made yet" in done.stderr
    assert "run `ymir apply`" in done.stderr
