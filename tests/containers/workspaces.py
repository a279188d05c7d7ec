"""Small workspaces whose jobs run in containers."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests import workspaces
from tests.containers.base import api
from tests.workspaces import Workspace
from ymir.engine.client import Engine
from ymir.engine.container import FOLDER

TWO_ROUNDS = {"goal": {"map": 0.99, "rounds": 2}}
ONE_ROUND = {"goal": {"map": 0.1, "rounds": 1}}
SLOW = {"train": {"executor": "blocks", "with": {"pause": 3}}, **ONE_ROUND}
WORKSPACE = "apiVersion: ymir/v1\nkind: Workspace\nbackend: docker\n"
PROJECT = """\
---
apiVersion: ymir/v1
kind: Project
name: {name}
labels: [cat, dog]
data: {{training: base, validation: val, testing: test, mining: pool}}
goal: {{map: 0.95, rounds: 1}}
train: {{executor: {name}}}
mine: {{use: random, seed: 1, topk: 4}}
label: {{use: existing}}
---
apiVersion: ymir/v1
kind: Executor
name: {name}
"""


def make(root: Path, image: str, **parts: object) -> Workspace:
    """A workspace whose executor `blocks` is an image, before its first `apply`."""
    extra = {name: parts.pop(name) for name in ("extra",) if name in parts}
    workspace = workspaces.make(root, **parts)
    specify(workspace, image, **parts, **extra)
    workspace.run("git", "add", "specs")
    workspace.run("git", "commit", "--quiet", "--message", "Jobs run in containers")
    return workspace


def specify(workspace: Workspace, image: str, **parts: object) -> None:
    """Write the specs anew; each part replaces a part of the project."""
    extra = parts.pop("extra", "")
    workspace.spec(**parts)
    specs = workspace.root / "specs"
    words = (specs / "all.yaml").read_text().splitlines()
    at = next(number for number, line in enumerate(words) if line.startswith("command: "))
    words[at] = f"image: {image}\n{extra}".rstrip()
    (specs / "all.yaml").write_text("\n".join(words) + "\n")
    (specs / "workspace.yaml").write_text(WORKSPACE)


def project(name: str, **executor: object) -> str:
    """A project of its own, with an executor of its own, both called `name`."""
    lines = [f"{key}: {json.dumps(value)}\n" for key, value in executor.items()]
    return PROJECT.format(name=name) + "".join(lines)


def containers(workspace: Workspace, engine: Engine | None = None) -> Mapping[str, str]:
    """Id -> status of the workspace's containers, whatever their state."""
    root = str(workspace.root.resolve())
    asked = engine.api if engine else api()
    found = asked.containers.list(all=True, filters={"label": FOLDER}, ignore_removed=True)
    return {each.id: each.status for each in found if each.labels[FOLDER].startswith(root)}


def started_since(moment: float, workspace: Workspace, stage: str) -> list[str]:
    """Ids of the containers that were started for a stage since then, as the engine tells it."""
    wanted = {"type": "container", "event": "start", "label": FOLDER}
    told = api().events(since=moment, until=time.time(), filters=wanted, decode=True)
    jobs = str(workspace.root.resolve() / ".ymir" / "jobs" / stage)
    return [each["id"] for each in told if each["Actor"]["Attributes"][FOLDER].startswith(jobs)]


def results(workspace: Workspace) -> dict[str, bytes]:
    """What executors made in all rounds, and what was made of that."""
    rounds = workspace.root / "data" / "rounds"
    return {
        path.relative_to(rounds).as_posix(): path.read_bytes()
        for name in ("model/memory.json", "predictions/*.parquet", "m*.parquet", "metrics.json")
        for path in rounds.glob(f"*/*/{name}")
    }


def job_of(workspace: Workspace, stage: str = "pets-r1-train") -> Path:
    return next((workspace.root / ".ymir" / "jobs").glob(f"{stage}-*"))


def wait_until_running(
    workspace: Workspace, engine: Engine | None = None, seconds: float = 30
) -> str:
    """The id of the container, once it runs."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for each, status in containers(workspace, engine).items():
            if status == "running":
                return each
        time.sleep(0.05)
    raise AssertionError("no container began")


@contextmanager
def applying(workspace: Workspace) -> Iterator[subprocess.Popen[bytes]]:
    """`ymir apply`, begun; whatever becomes of the test, it ends, and so do its containers."""
    run = workspace.start("apply")
    try:
        yield run
    except BaseException:
        run.kill()
        for each in containers(workspace):
            api().containers.get(each).remove(force=True)
        raise
    finally:
        run.wait(60)
