"""A workspace with an executor for every way to go wrong, and one that works."""

import shutil

import pytest

from tests.containers.base import DOCKER
from tests.containers.images import blocks, misbehaving
from tests.containers.workspaces import ONE_ROUND, containers, make, project
from tests.workspaces import Workspace

pytestmark = DOCKER

SHELL = ('ENTRYPOINT ["/bin/sh", "-c", "exec python3 /app/misbehaving.py exit3"]', "CMD []")
NEEDS = {  # what -> the executor's settings beside its image
    "hang": {"resources": {"timeout": "2s"}},
    "deaf": {"resources": {"timeout": "2s"}},
    "fork": {"resources": {"timeout": "3s", "pids": 64}},
    "fill": {"resources": {"timeout": "2m", "disk": "32m"}},
    "eat": {"resources": {"timeout": "2m", "memory": "96m"}},
}
SAYS = {
    "exit3": "exit code 3: RuntimeError: no backbone called `resnet51`",
    "shell": "exit code 3: RuntimeError: no backbone called `resnet51`",
    "silent": "the executor ended, but its result is not there",
    "code": "gave up: out of memory (code 300103): CUDA out of memory",
    "hang": "took longer than its limit of 2s",
    "deaf": "took longer than its limit of 2s",
    "fork": "took longer than its limit of 3s",
    "garbage": "models/result.yaml: cannot be read as UTF-8 text",
    "liar": "`memory.json` is missing",
    "link": "`memory.json` points outside of `out/`",
    "fill": "32",
    "eat": "96",
    "root": "'/app/cache' (does the image need `run_as_root: true`?)",
    "inputs": "Read-only file system: '/in/config.yaml'",
    "loud": "MemoryError: too much was said",
    "network": "Network is unreachable (does the executor need `network: true`?)",
    "unreadable": "PermissionError: closed",
}


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace; nothing has been applied."""
    workspace = make(tmp_path_factory.mktemp("wild") / "pets", blocks(), **ONE_ROUND)
    with (workspace.root / "specs" / "all.yaml").open("a") as specs:
        for what in SAYS:
            image = misbehaving(what, *(SHELL if what == "shell" else ()))
            specs.write(project(what, image=image, **NEEDS.get(what, {})))
    return workspace


@pytest.fixture(scope="module")
def said(wild: Workspace) -> list[str]:
    """What `ymir apply` said, line by line."""
    applied = wild.ymir("apply")
    assert applied.returncode == 1, applied.stdout + applied.stderr
    return applied.stdout.splitlines()


@pytest.mark.parametrize("what", SAYS)
def test_it_fails_in_one_line_that_says_why(said: list[str], what: str) -> None:
    lines = [line for line in said if line.startswith(f"✗ {what}/r1/train: ")]
    assert len(lines) == 1, said
    assert SAYS[what] in lines[0]


def test_the_others_go_on(said: list[str], wild: Workspace) -> None:
    assert any(line.startswith("pets: goal met") for line in said), said
    recorded = {each["stage"] for each in wild.events() if each["event"] == "recorded"}
    assert {f"{what}/r1/training" for what in SAYS} <= recorded


def test_nothing_is_left_behind(said: list[str], wild: Workspace) -> None:
    assert said
    assert not containers(wild)
    jobs = wild.root / ".ymir" / "jobs"
    logs = [path.stat().st_size for path in jobs.glob("*/attempts/*/log*.txt")]
    assert 1 << 20 < sum(logs) < 40 << 20, "of a flood, the end is kept"
    assert not list(jobs.glob("*/out")), "what failed has no result"
    assert wild.ymir("apply").returncode == 1
    assert not containers(wild)
    assert not list(jobs.glob("*/attempts/2")), "what failed is not tried again by itself"
    shutil.rmtree(wild.root / ".ymir")  # also what nobody may enter
