"""Mining in shards on a cluster: what is done stays done, whoever dies; the batch is the same."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from tests.slurm.cluster import SLURM, Cluster, cluster
from tests.workspaces import ENVIRONMENT, EXECUTOR, Workspace, copied, unproven

pytestmark = SLURM
PATIENCE = 120
SHARDS = 5
PARTS = {"mine": {"topk": 6, "shard": 40 // SHARDS}, "label": {"use": "folder"}}
SHARD = "mine-[^/]*/shard-0*([0-9]+)"
GATED = f"""\
import os, re, runpy, sys, time
root = os.path.dirname(os.path.abspath(__file__))
shard = re.search({SHARD!r}, os.getcwd())
if shard:
    with open(os.path.join(root, "raw", "ran"), "a") as file:
        file.write(shard[1] + "\\n")
    gates = [os.path.join(root, "raw", each) for each in ("all", "gate-" + shard[1])]
    while not any(map(os.path.exists, gates)):
        time.sleep(0.05)
sys.path.insert(0, {str(EXECUTOR.parent)!r})
runpy.run_path({str(EXECUTOR)!r}, run_name="__main__")
"""
USES = "resources: {cpus: 2}  # two jobs fill a node"
WHERE = "apiVersion: ymir/v1\nkind: Workspace\nbackend: {use: slurm, with: {partition: gpu}}\n"


@pytest.fixture(scope="module")
def lab() -> Iterator[Cluster]:
    with cluster(3, lost_after=3) as made, pytest.MonkeyPatch.context() as patched:
        patched.setitem(ENVIRONMENT, "SLURM_CONF", str(made.config))
        yield made


def _workspace(root: Path) -> Workspace:
    workspace = unproven(root, **PARTS)
    specs = workspace.root / "specs" / "all.yaml"
    (workspace.root / "gated.py").write_text(GATED)
    specs.write_text(specs.read_text().replace(f'"{EXECUTOR}"]', '"gated.py"]\n' + USES))
    (workspace.root / "specs" / "workspace.yaml").write_text(WHERE)
    return workspace


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def _ran(workspace: Workspace) -> Counter[str]:
    ran = workspace.root / "raw" / "ran"
    return Counter(ran.read_text().split() if ran.exists() else [])


def _mined(workspace: Workspace) -> pl.DataFrame:
    (file,) = (workspace.root / "data" / "rounds" / "pets" / "1").glob("mined.parquet")
    return pl.read_parquet(file)


def _running(lab: Cluster) -> dict[str, str]:
    """The shards that run, and each one's node."""
    found = {}
    for process, node in lab.job_processes().items():
        with suppress(OSError):
            if shard := re.search(SHARD, str(Path(f"/proc/{process}/cwd").readlink())):
                found[shard[1]] = node
    return found


def test_ymir_and_a_node_are_killed_and_only_the_shards_that_were_lost_run_again(
    lab: Cluster, tmp_path: Path
) -> None:
    there = _workspace(tmp_path / "there")
    run = there.start("apply")
    _until(lambda: len(_ran(there)) == SHARDS or run.poll() is not None, "not all shards begin")
    assert run.poll() is None, there.said
    for done in ("1", "2"):
        (there.root / "raw" / f"gate-{done}").touch()
    _until(lambda: _running(lab).keys() == {"3", "4", "5"}, "two shards do not end")
    run.kill()
    run.wait()
    here = copied(there, tmp_path / "here", without=".ymir")
    node = _running(lab)["4"]
    lost = {shard for shard, where in _running(lab).items() if where == node}
    lab.kill_node(int(node[1:]))
    (there.root / "raw" / "all").touch()
    ended = there.ymir("apply")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    assert _ran(there) == {str(n): 1 + (str(n) in lost) for n in range(1, SHARDS + 1)}
    assert _mined(there).equals(_mined_by_processes(here))


def _mined_by_processes(here: Workspace) -> pl.DataFrame:
    """What the workspace mines without a cluster, and without anything that a cluster found."""
    (here.root / "specs" / "workspace.yaml").unlink()
    (here.root / "raw" / "all").touch()
    ended = here.ymir("apply")
    assert ended.returncode == 3, ended.stdout + ended.stderr
    return _mined(here)
