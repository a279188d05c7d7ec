"""Which parameters an executor's inference has, as its manual says."""

from __future__ import annotations

from pathlib import Path

from ymir.jobs.manuals import manual_of
from ymir.jobs.program import Runner
from ymir.spec.manual import LARGEST, Manual, Template, file_names, read_manual


def infer_template(runner: Runner) -> Template | None:
    """The parameters with their defaults; None where ymir cannot see them."""
    if runner.spec.image is not None and not runner.in_containers:
        return None
    manual = manual_of(runner.spec) or _beside(runner)
    return manual.templates.get("infer") if manual else None


def _beside(runner: Runner) -> Manual | None:
    """The manual that lies beside the files of a command."""
    files = (runner.workspace / word for word in runner.spec.command[1:])
    for folder in (file.parent / "img-man" for file in files if file.is_file()):
        texts = {name: _head(folder / name) for name in file_names() if (folder / name).is_file()}
        if texts:
            return read_manual(texts)
    return None


def _head(file: Path) -> bytes:
    with file.open("rb") as data:
        return data.read(LARGEST + 1)
