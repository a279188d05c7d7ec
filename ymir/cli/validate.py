"""`ymir validate`: whether the specs are right."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.images import Images, LocalImages, Unseen
from ymir.cli.pipeline import Beside, in_pipeline
from ymir.cli.policy import Policy, is_foreign
from ymir.cli.specs import WorkspaceOption, catalogue
from ymir.errors import Exit, SpecError
from ymir.spec.catalogue import Catalogue
from ymir.spec.mistakes import BrokenSpecsError


@in_pipeline(Beside, Policy)
def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check all specs, offline; exit 1 and name every mistake if there is one."""
    if as_json:
        _validate_for_programs(workspace)
        return
    counts = _counts(catalogue(workspace, _images()))
    console.out(f"ok: {', '.join(_amount(count, kind) for kind, count in counts.items())}")


def _validate_for_programs(workspace: Path) -> None:
    try:
        counts = _counts(catalogue(workspace, _images()))
    except SpecError as error:
        found = error.mistakes if isinstance(error, BrokenSpecsError) else ()
        mistakes = [asdict(mistake) for mistake in found]
        said = {"error": str(error).split("\n")[0], "mistakes": mistakes, **error.data}
        console.data({"ok": False, **said})
        raise typer.Exit(Exit.FAILED) from error
    console.data({"ok": True, "specs": counts})


def _images() -> Images:
    """The images of this machine; none for a stranger, who asks for no engine."""
    return Unseen() if is_foreign() else LocalImages()


def _counts(specs: Catalogue) -> Mapping[str, int]:
    return {
        "Labels": 1,
        "Dataset": len(specs.datasets),
        "Executor": len(specs.executors),
        "Project": len(specs.projects),
    }


def _amount(count: int, kind: str) -> str:
    return f"{count} {kind}" if count == 1 or kind.endswith("s") else f"{count} {kind}s"
