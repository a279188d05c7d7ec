"""Which parameters an executor's inference has, as its manual says."""

from __future__ import annotations

from ymir.jobs.manuals import manual_in, manual_of
from ymir.jobs.program import Runner
from ymir.spec.manual import Manual, Template


def infer_template(runner: Runner) -> Template | None:
    """The parameters with their defaults; None where ymir cannot see them."""
    if runner.spec.image is not None and not runner.in_containers:
        return None
    manual = manual_of(runner.spec) or _beside(runner)
    return manual.templates.get("infer") if manual else None


def _beside(runner: Runner) -> Manual | None:
    """The manual that lies beside the files of a command."""
    files = (runner.workspace / word for word in runner.spec.command[1:])
    manuals = (manual_in(file.parent) for file in files if file.is_file())
    return next((manual for manual in manuals if not manual.is_silent), None)
