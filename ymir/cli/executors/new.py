"""`ymir executor new`: begin an executor of one's own with one that works."""

import re
import shutil
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption
from ymir.errors import SpecError
from ymir.resources import resource

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_SPEC = "executor.yaml"
_UNUSED = shutil.ignore_patterns("__pycache__", ".*", _SPEC)


def command(
    name: Annotated[str, typer.Argument(help="What it is called, e.g. `birds`.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Its folder; by default `executors/NAME`.", file_okay=False),
    ] = None,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Write an executor that works, as a program and as an image, and its spec."""
    if not _NAME.fullmatch(name):
        raise SpecError(
            f"`{name}` cannot be the name of an executor",
            hint="use small letters, digits and `-`",
        )
    folder = out if out is not None else workspace / "executors" / name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SpecError(f"`{folder}` is there already", hint="choose another name, or `--out`")
    seen = _seen(folder, workspace)
    _write(folder, name, seen)
    console.out(f"wrote {folder}: begin with {folder / 'README.md'}")
    _hand_over_spec(name, seen, workspace)
    console.out(f"next: `ymir executor check {folder}`")


def _seen(folder: Path, workspace: Path) -> str:
    """The folder as a spec of the workspace names it."""
    full = folder.resolve()
    root = workspace.resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else full.as_posix()


def _write(folder: Path, name: str, seen: str) -> None:
    """The template with its names filled in, under its own name in one step."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(resource("executors") / "new", partial, ignore=_UNUSED)
    for file in (path for path in partial.rglob("*") if path.is_file()):
        file.write_text(_filled(file.read_text(encoding="utf-8"), name, seen), encoding="utf-8")
    partial.replace(folder)


def _filled(text: str, name: str, folder: str) -> str:
    return re.sub(r"\bNAME\b", name, re.sub(r"\bFOLDER\b", folder, text))


def _hand_over_spec(name: str, seen: str, workspace: Path) -> None:
    """Write the spec where specs are; print it where there are none, or one of this file name."""
    template = (resource("executors") / "new" / _SPEC).read_text(encoding="utf-8")
    text = _filled(template, name, seen)
    file = workspace / "specs" / "executors" / f"{name}.yaml"
    if not file.parent.parent.is_dir() or file.exists():
        console.out(f"\nits spec:\n\n{text}")
        return
    file.parent.mkdir(exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
    console.out(f"wrote {file}")
