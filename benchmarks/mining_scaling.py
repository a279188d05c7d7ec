"""Shards of mining on 1, 2 and 4 workers: processes here, and the nodes of a Slurm of its own.

A shard does little and then sleeps, so that nodes and cores that this machine lacks are no limit:
what is measured is how well `ymir apply` keeps its workers busy. The workspace is the example for
clusters; each job notes when its program began and ended. On Slurm a job fills a node, so that
there are as many workers as nodes, and `sbatch` with the same commands shows what Slurm itself
takes between two of them. The workspaces lie in memory, where there is such a folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from figures import Figure, arguments, conclude

from ymir.resources import resource

EXAMPLE = resource("examples") / "projects" / "cluster"
sys.path.insert(0, str(EXAMPLE))

from cluster import Cluster, lacks  # noqa: E402 - it lies in the example

YMIR = (sys.executable, "-m", "ymir.cli.main")
POOL = 1200  # images
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it; disks differ
EDITS = {
    "detector.py": "napping.py",
    "gpus: 1, cpus: 1": "cpus: 4",
    "use: existing": "use: folder",
    "map: 0.97": "map: 0.5",  # met without mining; raised when it is measured
}
NAPPING = """\
import json, os, runpy, sys, time
began, here = time.time(), os.path.dirname(os.path.abspath(__file__))
is_bare = len(sys.argv) > 1
if is_bare or "/lamps-r1-mine-" in os.getcwd():
    time.sleep({nap})
    if not is_bare:
        sys.path.insert(0, here)
        runpy.run_path(os.path.join(here, "detector.py"), run_name="naps")["main"]()
    with open(os.path.join(here, "naps.jsonl"), "a") as file:
        file.write(json.dumps([began, time.time()]) + "\\n")
else:
    runpy.run_path(os.path.join(here, "detector.py"), run_name="__main__")
"""
BARE = "#!/bin/sh\nexec python3 {program} bare\n"
HEADER = "apiVersion: ymir/v1\nkind: Workspace\n"


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    workers: tuple[int, ...]
    shards: int
    nap: float  # seconds


FULL, QUICK = Size((1, 2, 4), 12, 5.0), Size((1, 4), 8, 3.0)


@dataclass(frozen=True)
class Naps:
    """When the programs of all shards began and ended."""

    times: tuple[tuple[float, float], ...]

    @property
    def span(self) -> float:
        """From the first beginning to the last end."""
        return max(end for _, end in self.times) - min(began for began, _ in self.times)

    @property
    def gap(self) -> float:
        """Between two of them, where one follows the other."""
        busy = sum(end - began for began, end in self.times)
        return (self.span - busy) / (len(self.times) - 1)


def main() -> None:
    """Measure, print, and exit 1 where a figure falls short."""
    asked = arguments(__doc__ or "")
    conclude(figures(is_quick=asked.quick), asked.json)


def figures(*, is_quick: bool) -> list[Figure]:
    """Of processes; of Slurm, too, where it is installed."""
    size = QUICK if is_quick else FULL
    memory = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="ymir-scaling-", dir=memory) as folder:
        base = _base(Path(folder), size)
        found = {number: _on_processes(base, number) for number in size.workers}
        told = list(_scaling("processes", found))
        told.append(Figure("between two shards of one process", found[1].gap, "s"))
        if why := lacks():
            print(f"no Slurm: {why}")
            return told
        return [*told, *_on_slurm(base, size)]


def _base(folder: Path, size: Size) -> Path:
    """The example, applied until it could mine."""
    base = folder / "base"
    _call("init", "--example", "cluster", str(base))
    (base / "napping.py").write_text(NAPPING.format(nap=size.nap))
    spec = base / "specs" / "project.yaml"
    text = spec.read_text()
    edits = {**EDITS, "shard: 200": f"shard: {POOL // size.shards}"}
    for before, after in edits.items():
        assert before in text, before
        text = text.replace(before, after)
    spec.write_text(text)
    (base / "specs" / "workspace.yaml").unlink()
    _call("apply", "-C", str(base))
    spec.write_text(text.replace("map: 0.5", "map: 0.97"))
    return base


def _on_processes(base: Path, workers: int) -> Naps:
    backend = {"use": "process", "with": {"workers": workers}}
    return _mined(base, f"process-{workers}", backend, {})


def _on_slurm(base: Path, size: Size) -> list[Figure]:
    """Each number of nodes; beside one node of ours, Slurm alone has one of its own."""
    backend = {"use": "slurm", "with": {"partition": "gpu"}}
    found = {}
    with _cluster(1) as other, ThreadPoolExecutor() as beside:
        alone = beside.submit(_bare, base, other, size.shards)
        for number in size.workers:
            with _cluster(number) as cluster:
                found[number] = _mined(base, f"slurm-{number}", backend, cluster.environment)
        bare = alone.result().gap
    return [
        *_scaling("nodes of Slurm", found),
        Figure("between two shards of one node", found[1].gap, "s"),
        Figure("between two commands of one node, by `sbatch` alone", bare, "s"),
        Figure("overhead per shard beyond Slurm's own", found[1].gap - bare, "s", "at most", 0.3),
    ]


@contextmanager
def _cluster(nodes: int) -> Iterator[Cluster]:
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="ymir-")))
    try:
        cluster.up(nodes)
        yield cluster
    finally:
        cluster.down()


def _mined(base: Path, name: str, backend: object, environment: dict[str, str]) -> Naps:
    """Let a copy of the workspace mine, and send what it mined to people."""
    workspace = base.with_name(name)
    shutil.copytree(base, workspace, symlinks=True)
    spec = workspace / "specs" / "workspace.yaml"
    spec.write_text(f"{HEADER}backend: {json.dumps(backend)}\n")
    _call("apply", "-C", str(workspace), code=3, environment=environment)
    return _naps(workspace)


def _bare(base: Path, cluster: Cluster, shards: int) -> Naps:
    """The same commands, as one array of Slurm, without ymir."""
    folder = base.with_name("bare")
    folder.mkdir()
    shutil.copy(base / "napping.py", folder)
    script = folder / "script.sh"
    script.write_text(BARE.format(program=folder / "napping.py"))
    options = ("--cpus-per-task=4", "--output=/dev/null", f"--array=1-{shards}")
    said = cluster.command("sbatch", *options, str(script))
    assert said.returncode == 0, said.stderr
    noted = folder / "naps.jsonl"
    while not noted.exists() or len(noted.read_text().splitlines()) < shards:
        time.sleep(0.2)
    return _naps(folder)


def _naps(folder: Path) -> Naps:
    lines = (folder / "naps.jsonl").read_text().splitlines()
    return Naps(tuple((began, end) for began, end in map(json.loads, lines)))


def _scaling(of: str, found: dict[int, Naps]) -> list[Figure]:
    """What each number of workers reaches of as many times the speed of one."""
    return [
        Figure(
            f"{number} {of}: speed, of {number} times that of one",
            100 * found[1].span / number / found[number].span,
            "%",
            "at least",
            90,
        )
        for number in sorted(found)[1:]
    ]


def _call(*words: str, code: int = 0, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        [*YMIR, *words],
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr


if __name__ == "__main__":
    main()
