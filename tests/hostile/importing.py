"""A workspace that imports one folder, and what must hold after an import that failed."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.dvc.real import run_dvc
from tests.media.pictures import picture, put, thing, voc
from tests.workspaces import ENVIRONMENT, YMIR, Workspace

SIZE = (64, 48)
SPECS = """\
apiVersion: ymir/v1
kind: Labels
classes: [cat, {{name: dog, aliases: [hound]}}]
---
apiVersion: ymir/v1
kind: Dataset
name: pets
from: {{format: {format}, path: raw{more}}}
"""
_PATIENCE = 60  # seconds; what hangs, hangs for ever


def begin(root: Path, kind: str = "voc", more: str = "") -> Workspace:
    """A workspace that will import `raw/`, which is not there yet."""
    root.mkdir(parents=True, exist_ok=True)
    workspace = Workspace(root)
    assert workspace.ymir("init", ".").returncode == 0
    (root / "specs" / "labels.yaml").unlink()
    with (root / ".gitignore").open("a") as ignored:
        ignored.write("/raw\n")
    ask(workspace, kind, more)
    workspace.run("git", "add", "specs", ".gitignore")
    workspace.run("git", "commit", "--quiet", "--all", "--message", "Specs")
    return workspace


def ask(workspace: Workspace, kind: str = "voc", more: str = "") -> None:
    """Write the specs; `more` are settings of the source."""
    text = SPECS.format(format=kind, more=f", {more}" if more else "")
    put(workspace.root / "specs" / "all.yaml", text)


def copied(workspace: Workspace, root: Path) -> Workspace:
    """The same again, elsewhere."""
    shutil.copytree(workspace.root, root, symlinks=True)
    return Workspace(root)


def cats(folder: Path, count: int = 3, first: int = 0) -> Path:
    """A sound VOC folder."""
    for number in range(first, first + count):
        put(folder / "JPEGImages" / f"{number}.jpg", picture(number, SIZE))
        put(folder / "Annotations" / f"{number}.xml", voc(thing(), size=SIZE))
    return folder


def apply(workspace: Workspace, *before: str) -> subprocess.CompletedProcess[str]:
    """`ymir apply`, by way of another program if need be; it must come to an end."""
    return subprocess.run(
        [*before, *YMIR, "apply"],
        cwd=workspace.root,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        timeout=_PATIENCE,
    )


def refused(workspace: Workspace, *before: str) -> str:
    """The import fails in words, and leaves nothing; returns the words."""
    done = apply(workspace, *before)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert_untouched(workspace)
    return said


def assert_untouched(workspace: Workspace) -> None:
    """No version, no batch, nothing for git, nothing half-written."""
    root = workspace.root
    assert not versions(workspace)
    assert not [each.name for each in (root / "media" / "pool").glob("*")]
    assert workspace.run("git", "status", "--porcelain") == ""
    assert not temporary(workspace)


def versions(workspace: Workspace) -> list[str]:
    """The versions of the dataset, recorded or not."""
    return [each.name for each in (workspace.root / "data" / "datasets").glob("*/v*")]


def temporary(workspace: Workspace) -> list[Path]:
    """What was begun and not finished, outside of `.ymir/`."""
    places = [workspace.root / name for name in ("data", "media", ".dvc", "specs")]
    return [each for place in places for each in place.rglob("*") if each.name.endswith(".tmp")]


def assert_complete(workspace: Workspace, images: int) -> None:
    """One version, and git and DVC have nothing to do."""
    assert versions(workspace).count("v1.dvc") == 1
    assert workspace.run("git", "status", "--porcelain") == ""
    for project in (workspace.root, workspace.root / "media"):
        assert "up to date" in run_dvc(project, "status")
    pool = workspace.root / "media" / "pool"
    stored = [each for each in pool.rglob("*") if each.is_file() and each.suffix != ".dvc"]
    assert len(stored) == images
    assert not temporary(workspace)


ROOT = os.geteuid() == 0
AS_ANYBODY = (
    ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if ROOT else ()
)  # root may read everything, unless it gives that up
