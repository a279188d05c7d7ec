"""`ymir init`: make a folder a workspace, empty or from an example."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from ymir.approval.lineage import settle
from ymir.cli import console
from ymir.cli.running.ledger import unrecorded
from ymir.dvc.project import prepare
from ymir.errors import SpecError, YmirError
from ymir.git import commit
from ymir.git import init as init_repository
from ymir.plugins import nearest
from ymir.resources import resource

STARTER = """\
# The classes of this workspace. `ymir explain Labels` says what may stand here.
apiVersion: ymir/v1
kind: Labels
classes:
  - example                              # or {name: car, aliases: [auto, vehicle]}
# Next: a Dataset, an Executor and a Project. `ymir explain KIND` describes each kind;
# `ymir init --example helmet DIR` makes a workspace that is complete and runs.
"""
PREPARE = "prepare.py"  # in an example: makes the data that is not committed


def command(
    folder: Annotated[Path, typer.Argument(help="The folder to make.", file_okay=False)] = Path(),
    example: Annotated[
        str | None, typer.Option("--example", help="Start from this example.")
    ] = None,
) -> None:
    """Make a workspace: a git repository and DVC project with a folder of specs."""
    if (folder / "specs").exists():
        raise SpecError(
            f"`{folder}` already has specs",
            hint="it is a workspace, see `ymir plan`; to make another, name an empty folder",
        )
    source = _example(example) if example else None
    folder.mkdir(parents=True, exist_ok=True)
    init_repository(folder)
    if source:
        _copy(source, folder)
    else:
        (folder / "specs").mkdir()
        (folder / "specs" / "labels.yaml").write_text(STARTER)
    prepare(folder.resolve())
    settle(folder.resolve(), {})
    ours = [path for name in _names(source) if (path := folder.resolve() / name).exists()]
    commit(folder.resolve(), [*ours, *unrecorded(folder.resolve())], "Begin the workspace", {})
    console.out(f"made the workspace `{folder}`; next: `ymir plan -C {folder}`")


def _example(name: str) -> Path:
    examples = resource("examples") / "projects"
    names = sorted(path.name for path in examples.iterdir() if (path / "specs").is_dir())
    if name not in names:
        raise SpecError(f"no example is called `{name}`", hint=nearest(name, names))
    return examples / name


def _names(source: Path | None) -> list[str]:
    """What of the workspace is committed at the start, besides ymir's own files."""
    return ["specs", *(path.name for path in source.iterdir())] if source else ["specs"]


def _copy(source: Path, folder: Path) -> None:
    """The example with its data; the specs come last, so a run that is ended can be repeated."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv", "raw", "specs")
    shutil.copytree(source, folder, ignore=ignored, dirs_exist_ok=True)
    if (folder / PREPARE).exists():
        console.out(f"preparing the example's data ({PREPARE}) …")
        done = subprocess.run([sys.executable, PREPARE], cwd=folder, check=False)  # noqa: S603 - the example's own program
        if done.returncode:
            raise YmirError(f"`{folder / PREPARE}` failed", hint="what it printed says why")
    shutil.copytree(source / "specs", folder / "specs")
