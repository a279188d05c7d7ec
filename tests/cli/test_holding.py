"""What a run must hold, and what its leases say of where it runs."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes import MemoryStore
from tests.lease.remotes import bare, lease, refs
from ymir.cli.running.fenced import Fenced
from ymir.cli.running.guard import Ward
from ymir.cli.running.holding import link_of
from ymir.errors import LockedError
from ymir.lease.refs import Swap
from ymir.plan.snapshot import Recipe
from ymir.plan.stage import RoundOf, Stage


@pytest.mark.parametrize(
    ("environment", "link"),
    [
        ({}, None),
        (
            {"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "a/b"},
            "https://github.com/a/b/actions/runs/7",
        ),
        (
            {
                "GITHUB_RUN_ID": "7",
                "GITHUB_SERVER_URL": "https://git.local",
                "GITHUB_REPOSITORY": "a/b",
            },
            "https://git.local/a/b/actions/runs/7",
        ),
        ({"CI_JOB_URL": "https://gitlab.local/-/jobs/3"}, "https://gitlab.local/-/jobs/3"),
        ({"BUILD_URL": "https://jenkins.local/9/"}, "https://jenkins.local/9/"),
    ],
)
def test_a_lease_names_the_job_of_the_ci_service(
    environment: dict[str, str], link: str | None
) -> None:
    assert link_of(environment) == link


def test_a_store_is_changed_only_by_whoever_holds_the_lease(tmp_path: Path) -> None:
    def refuse() -> None:
        raise LockedError("lost")

    store = MemoryStore()
    stage, made = Stage("pets/r1/train", "train", round=RoundOf("pets", 1)), tmp_path / "made"
    made.mkdir()
    recipe = Recipe("train", {}, {})
    fenced = Fenced(store, refuse)
    with pytest.raises(LockedError):
        fenced.record(stage, recipe, made, {})
    with pytest.raises(LockedError):
        fenced.forget(RoundOf("pets", 1), ["train"])
    assert fenced.observe() == {}
    version = Fenced(store, lambda: None).record(stage, recipe, made, {})
    assert fenced.observe() == {stage.name: version}


@pytest.mark.parametrize("said", [b"done", b""])
def test_the_guard_of_a_run_without_jobs_leaves_nothing_and_touches_nothing_of_others(
    tmp_path: Path, said: bytes
) -> None:
    bare(tmp_path)
    root = tmp_path / "first"
    (root / "specs").mkdir()
    store = refs(root)
    ours, theirs = lease("pets"), lease("cars", number=2)
    made = {each.project: store.put(each) for each in (ours, theirs)}
    assert all(store.swap({name: Swap(None, each) for name, each in made.items()}).values())
    ward = Ward(str(root), "origin", "origin", store.prefix, {"pets": ours.id, "cars": ours.id})
    guard = [sys.executable, "-P", "-m", "ymir.cli.running.guard", json.dumps(vars(ward))]
    done = subprocess.run(guard, input=said, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert store.there() == (made if said else {"cars": made["cars"]})


def test_a_run_that_shall_not_hear_of_a_closed_terminal_does_not() -> None:
    code = (
        "import os, signal\n"
        "from ymir.cli.running.holding import _signals\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with _signals():\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    heard = code.replace("SIG_IGN", "SIG_DFL")
    done = subprocess.run([sys.executable, "-c", heard], capture_output=True, check=False)
    assert done.returncode not in (0, -signal.SIGHUP), "it ends, and tidies up"
