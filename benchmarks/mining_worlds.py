"""Workspaces in which mining is simulated: a pool, a testing set, and a model from elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from mining_scenes import NAMES, Pool, write

YMIR = (sys.executable, "-m", "ymir.cli.main")
PROJECT = "site"
_WELL = (0, 4)  # done, or done without the goal
_THERE = "there_"  # what classes of the site elsewhere are called by

SPECS = """\
apiVersion: ymir/v1
kind: Labels
classes: [{classes}]
---
apiVersion: ymir/v1
kind: Workspace
backend: {{use: process, with: {{workers: {workers}}}}}
---
apiVersion: ymir/v1
kind: Executor
name: tinydet
bundled: tinydet
---
"""
DATASET = """\
{{apiVersion: ymir/v1, kind: Dataset, name: {name}, from: {{format: coco, path: raw/{name}}}}}
---
"""
TRAINING = "image_size: 128, crop: 64, export_onnx: false, checkpoint_interval: 1000, seed: 0"
PROJECTS = """\
apiVersion: ymir/v1
kind: Project
name: {name}
labels: [{labels}]
data: {{training: {training}, validation: {validation}, testing: {testing}, mining: {mining}}}
goal: {{map: 0.95, rounds: 1}}
train: {{executor: tinydet, with: {{iterations: {iterations}, {parameters}}}, start_from: {start}}}
mine: {{topk: 20}}
label: {{use: existing}}
gates: {{package: ignore, near: {{then: ignore}}}}
"""
MODEL = """\
---
apiVersion: ymir/v1
kind: Model
name: elsewhere
executor: tinydet
from: {path: raw/elsewhere.tar.gz}
"""


@dataclass(frozen=True)
class Size:
    """How much is drawn, and how long is trained."""

    tested: int = 240
    elsewhere: int = 300
    iterations: int = 150
    iterations_elsewhere: int = 1500
    workers: int = 2


QUICK = Size(tested=40, elsewhere=48, iterations=30, iterations_elsewhere=60)


def elsewhere(root: Path, size: Size) -> Path:
    """A package with a model of another site, whose classes have other names; made once."""
    package = root / "elsewhere.tar.gz"
    if package.exists():
        return package
    workspace = root / "elsewhere"
    if not (workspace / "specs" / "all.yaml").exists():
        _write_elsewhere(_fresh(workspace), size)
    ymir(workspace, "apply", "--target", "there/r1/package")
    made = workspace / "data" / "rounds" / "there" / "1" / "there-r1.tar.gz"
    shutil.copyfile(made, package.with_suffix(".part"))
    package.with_suffix(".part").rename(package)
    return package


def _write_elsewhere(workspace: Path, size: Size) -> None:
    rare = 0.125
    write(workspace / "raw" / "there", Pool(size.elsewhere, (7, 1), rare_weather=rare), _THERE)
    write(workspace / "raw" / "there-val", Pool(20, (7, 2)), _THERE)
    write(workspace / "raw" / "there-test", Pool(40, (7, 3)), _THERE)
    specs = [_head(size), *(DATASET.format(name=f"there{end}") for end in ("", "-val", "-test"))]
    project = PROJECTS.format(
        name="there",
        labels=", ".join(_THERE + name for name in NAMES),
        training="there",
        validation="there-val",
        testing="there-test",
        mining="there",
        iterations=size.iterations_elsewhere,
        parameters=TRAINING,
        start="scratch",
    )
    (workspace / "specs" / "all.yaml").write_text("".join([*specs, project]))


def world(root: Path, name: str, pool: Pool, size: Size) -> Path:
    """A workspace whose data and model are imported; made once, so that a run goes on.

    One of another pool or size is made anew, and what was found in it goes.
    """
    workspace, mark = root / name, f"{pool} {size}"
    if (workspace / "made").exists() and (workspace / "made").read_text() == mark:
        return workspace
    (root / f"{name}.json").unlink(missing_ok=True)
    _fresh(workspace)
    raw = workspace / "raw"
    write(raw / "pool", pool)
    write(raw / "first", replace(pool, images=20, seed=(*pool.seed, 9)))
    write(raw / "val", Pool(10, (8, 2)))
    write(raw / "test", Pool(size.tested, (8, 3)))
    shutil.copyfile(elsewhere(root, size), raw / "elsewhere.tar.gz")
    specs = [_head(size), *(DATASET.format(name=n) for n in ("pool", "first", "val", "test"))]
    project = PROJECTS.format(
        name=PROJECT,
        labels=", ".join(NAMES),
        training="first",
        validation="val",
        testing="test",
        mining="pool",
        iterations=size.iterations,
        parameters=TRAINING,
        start="elsewhere",
    )
    (workspace / "specs" / "all.yaml").write_text("".join([*specs, project, MODEL]))
    made = ("pool", "first", "val", "test", "elsewhere")
    ymir(workspace, "apply", *(word for name in made for word in ("--target", name)))
    (workspace / "made").write_text(mark)
    return workspace


def ymir(workspace: Path, *words: str) -> str:
    """What `ymir …` prints; what goes wrong goes to the terminal, and is an error."""
    environment = {**os.environ, "NO_COLOR": "1", "DVC_NO_ANALYTICS": "1"}
    command = [*YMIR, *words, "-C", str(workspace)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environment)
    if done.returncode not in _WELL:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout)
    return done.stdout


def _fresh(workspace: Path) -> Path:
    shutil.rmtree(workspace, ignore_errors=True)
    subprocess.run([*YMIR, "init", str(workspace)], check=True, stdout=subprocess.DEVNULL)
    for example in (workspace / "specs").glob("*.yaml"):
        example.unlink()
    return workspace


def _head(size: Size) -> str:
    classes = ", ".join([*NAMES, *(_THERE + name for name in NAMES)])
    return SPECS.format(classes=classes, workers=size.workers)
