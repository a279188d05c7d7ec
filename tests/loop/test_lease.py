"""Clones that share a remote: one run at a time works on a project, wherever it runs."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lease.remotes import ELSEWHERE, git, lease, refs
from tests.loop.test_faults import processes_in, wait_for
from tests.workspaces import Workspace, copied, unproven
from ymir.lease.heart import Heart
from ymir.lease.lease import Lease
from ymir.lease.refs import Swap
from ymir.lease.sights import now

TRAINED = "pets/r1/train"
GOAL = {"map": 0.1, "rounds": 1}
SETTINGS = "apiVersion: ymir/v1\nkind: Workspace\nremote: {remote}\nlease: {{expiry: 3s}}\n"


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace whose datasets are imported, with remotes for git and for data."""
    place = tmp_path_factory.mktemp("lease")
    workspace = unproven(place / "pets", goal=GOAL, train=slow(0))
    (workspace.root / "specs" / "w.yaml").write_text(SETTINGS.format(remote=place / "data"))
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "-qm", "Settings")
    done = workspace.ymir("apply", "--until", "train")
    assert done.returncode == 2, done.stdout + done.stderr
    return workspace


@pytest.fixture
def pair(imported: Workspace, tmp_path: Path) -> Iterator[tuple[Workspace, Workspace]]:
    """Two clones that have all that is recorded; whatever works in them at the end is ended."""
    one = copied(imported, tmp_path / "one")
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "remote.git")
    one.run("git", "branch", "-M", "main")
    one.run("git", "remote", "add", "origin", str(tmp_path / "remote.git"))
    one.run("git", "push", "-q", "-u", "origin", "main")
    two = copied(one, tmp_path / "two")
    yield one, two
    for each in (one, two):
        for pid in processes_in(each):
            os.kill(pid, signal.SIGKILL)


def slow(seconds: float) -> dict:
    return {"executor": "blocks", "with": {"pause": seconds}}


def work_long(workspace: Workspace, seconds: float) -> subprocess.Popen[bytes]:
    """Begin a training of so many seconds."""
    workspace.spec(goal=GOAL, train=slow(seconds))
    run = workspace.start("apply")
    wait_for(workspace, TRAINED)
    return run


def leases(workspace: Workspace) -> dict[str, dict]:
    return {each["project"]: each for each in workspace.data("lock", "ls")["leases"]}


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(60):
        if is_so():
            return
        time.sleep(0.2)
    raise AssertionError("it never came to be so")


def recorded(workspace: Workspace) -> list[str]:
    return [each["stage"] for each in workspace.events() if each["event"] == "recorded"]


def elsewhere(root: Path, expiry: float = 3.0) -> tuple[Lease, str]:
    """The lease of a run on another machine, in the remote."""
    theirs = lease(process=ELSEWHERE, expiry=expiry)
    made = refs(root).put(theirs)
    assert refs(root).swap({"pets": Swap(None, made)}) == {"pets": True}
    return theirs, made


def test_two_clones_apply_at_once_and_exactly_one_works(
    pair: tuple[Workspace, Workspace],
) -> None:
    for each in pair:
        each.spec(goal=GOAL, train=slow(2))
    runs = [each.start("apply") for each in pair]
    codes = [run.wait(60) for run in runs]
    assert sorted(codes) == [0, 5], [each.said for each in pair]
    won, lost = pair if codes == [0, 5] else pair[::-1]
    assert "pets is worked on by" in lost.said
    assert f"process {runs[pair.index(won)].pid}" in lost.said
    assert TRAINED in recorded(won)
    assert TRAINED not in recorded(lost)
    assert leases(won) == {}, "given back"

    won.run("git", "push", "-q")
    behind = lost.ymir("apply")
    assert behind.returncode == 5
    assert "`origin` has records that are not here: data/rounds/pets/1.dvc" in (behind.stderr)
    assert "git pull" in behind.stderr
    assert won.ymir("push").returncode == 0
    lost.run("git", "pull", "-q", "--rebase", "--autostash")
    assert lost.ymir("pull").returncode == 0
    assert lost.ymir("apply").returncode == 0
    assert TRAINED not in recorded(lost), "nothing is done twice"


def test_nothing_to_do_asks_no_remote(pair: tuple[Workspace, Workspace], tmp_path: Path) -> None:
    one, _ = pair
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    for words in (("apply", "--no-lease"), ("apply",)):
        done = one.ymir(*words)
        assert done.returncode == 0, done.stderr
        assert "remote" not in done.stderr


def test_a_silent_holder_elsewhere_is_watched_and_then_taken_over(
    pair: tuple[Workspace, Workspace],
) -> None:
    one, two = pair
    elsewhere(one.root)
    assert leases(two)["pets"]["standing"] == "unknown"
    done = two.ymir("apply")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pets is held by user1 on far (process 7" in done.stderr
    assert recorded(two).count(TRAINED) == 1
    assert leases(one) == {}


def test_a_holder_elsewhere_that_lives_keeps_its_lease(
    pair: tuple[Workspace, Workspace],
) -> None:
    one, two = pair
    theirs = elsewhere(one.root)
    heart = Heart(refs(one.root), {"pets": theirs}, lambda: None, now())
    heart.start()
    refused = two.ymir("apply")
    assert heart.end() is None
    assert refused.returncode == 5
    assert "pets is worked on by user1 on far" in refused.stderr
    assert TRAINED not in recorded(two)


def test_who_pushes_goes_along_with_what_came_while_it_waited(
    pair: tuple[Workspace, Workspace],
) -> None:
    one, two = pair
    _, made = elsewhere(one.root, expiry=600)
    waiting = two.start("apply", "--push")
    until(lambda: "pets is held by user1 on far" in two.said)
    done = one.ymir("apply", "--push", "--no-lease")
    assert done.returncode == 0, done.stdout + done.stderr
    assert refs(one.root).swap({"pets": Swap(made, None)}) == {"pets": True}
    assert waiting.wait(60) == 0, two.said
    assert TRAINED not in recorded(two), "nothing is done twice"
    assert (two.root / "data" / "rounds" / "pets" / "1.dvc").exists()


def test_a_killed_run_whose_job_works_on_is_left_to_its_own_workspace(
    pair: tuple[Workspace, Workspace],
) -> None:
    one, two = pair
    run = work_long(one, 60)
    assert leases(two)["pets"]["standing"] == "works"
    assert two.ymir("lock", "break", "pets", "--yes").returncode == 5
    run.kill()
    run.wait()
    assert leases(two)["pets"]["standing"] == "gone"
    refused = two.ymir("apply")
    assert refused.returncode == 5
    assert f"still works in `{one.root}`" in refused.stderr
    beats = leases(two)["pets"]["beats"]
    until(lambda: leases(two)["pets"]["beats"] > beats + 1)  # other machines learn of the job, too
    stopped = one.ymir("jobs", "stop", TRAINED)
    assert stopped.returncode == 0, stopped.stderr
    assert two.ymir("apply").returncode == 0, "taken over: it is known to be gone"
    assert TRAINED in recorded(two)
    until(lambda: leases(two) == {})


def test_the_next_run_of_a_killed_one_adopts_its_job_and_its_lease(
    pair: tuple[Workspace, Workspace],
) -> None:
    one, _ = pair
    run = work_long(one, 5)
    before = leases(one)["pets"]["id"]
    until(lambda: bool(processes_in(one)))
    run.kill()
    run.wait()
    again = one.start("apply")
    until(lambda: leases(one).get("pets", {}).get("id", before) != before)
    assert again.wait(60) == 0, one.said
    assert "held by" not in one.said, "it is known to be gone"
    job = next((one.root / ".ymir" / "jobs").glob("pets-r1-train-*"))
    assert [path.name for path in (job / "attempts").iterdir()] == ["1"]
    assert leases(one) == {}


def test_a_run_that_lost_its_lease_stops_and_records_nothing_more(
    pair: tuple[Workspace, Workspace],
) -> None:
    one, two = pair
    run = work_long(one, 60)
    before = recorded(one)
    assert refs(two.root).swap({"pets": Swap(refs(two.root).there()["pets"], None)})["pets"]
    assert run.wait(30) == 5, one.said
    assert "somebody broke this run's lease on pets" in one.said
    assert recorded(one) == before
    assert not processes_in(one)


def test_a_run_outlives_a_remote_that_is_away_for_longer_than_its_lease(
    pair: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    one, two = pair
    run = work_long(one, 6)
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    back = time.monotonic() + 4  # longer than the lease lasts
    assert json.loads(two.ymir("lock", "ls", "--json").stdout)["why"]
    time.sleep(max(0.0, back - time.monotonic()))
    (tmp_path / "away.git").rename(tmp_path / "remote.git")
    assert run.wait(60) == 0, one.said
    assert leases(one) == {}


def test_without_the_remote_a_run_goes_on_unless_it_must_have_a_lease(
    pair: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    one, _ = pair
    (tmp_path / "remote.git").rename(tmp_path / "away.git")
    settings = one.root / "specs" / "w.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("expiry", "hold: always, expiry"))
    refused = one.ymir("apply")
    assert refused.returncode == 1
    assert "the git remote `origin` does not answer" in refused.stderr
    settings.write_text(text)
    done = one.ymir("apply")
    assert done.returncode == 0
    assert "only the lock of this machine" in done.stderr


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_a_run_that_is_stopped_gives_its_lease_back(
    pair: tuple[Workspace, Workspace], sign: signal.Signals
) -> None:
    one, two = pair
    run = work_long(one, 60)
    assert set(leases(two)) == {"pets"}, "the datasets are there: nobody works on them"
    run.send_signal(sign)
    assert run.wait(30) == 2, one.said
    assert leases(two) == {}
