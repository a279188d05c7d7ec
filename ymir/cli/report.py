"""`ymir report`: draw the reports of recorded rounds anew."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import Workspace, open_workspace
from ymir.errors import SpecError
from ymir.media.store import MediaStore
from ymir.plan.history import judged_rounds
from ymir.plan.plan import plan
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Snapshot, recipe_for
from ymir.plugins import nearest
from ymir.report.record import at_hand
from ymir.report.write import write_reports
from ymir.stages.kind import Work
from ymir.stages.report import project_record


def command(
    project: Annotated[
        str | None, typer.Argument(help="The project; all of them by default.")
    ] = None,
    number: Annotated[
        int | None, typer.Option("--round", help="Only this round and the project's page.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where to; by default `.ymir/reports/PROJECT`.", file_okay=False
        ),
    ] = None,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Draw reports of recorded rounds anew; what `apply` recorded in `reports/` stays as it is."""
    opened = open_workspace(workspace)
    observed = opened.store.observe()
    projects = plan(opened.catalogue, observed, opened.look()).projects
    named = [each for each in projects if project in (None, each.project.name)]
    if not projects:
        raise SpecError("the specs hold no Project", hint="`ymir explain Project` describes one")
    if not named:
        names = [each.project.name for each in projects]
        raise SpecError(f"no project is called `{project}`", hint=nearest(project or "", names))
    for each in named:
        into = out or opened.root / ".ymir" / "reports" / each.project.name
        folder = into / each.project.name if out and len(named) > 1 else into
        for page in _write(opened, each, observed, folder, number):
            console.out(str(page))


def _write(
    opened: Workspace, unrolled: Unrolled, observed: Snapshot, into: Path, number: int | None
) -> tuple[Path, ...]:
    name = unrolled.project.name
    stage = unrolled.stages[f"{name}/report"]
    made = replace(stage, inputs=tuple(each for each in stage.inputs if each in observed))
    numbers = judged_rounds(made.inputs)
    if not numbers or number not in (None, *numbers):
        raise SpecError(
            f"`{name}` has no judged round {number or ''}".rstrip(),
            hint=f"judged: {', '.join(map(str, numbers))}" if numbers else "run `ymir apply`",
        )
    work = Work(
        stage=made,
        recipe=recipe_for(made, observed),
        catalogue=opened.catalogue,
        store=opened.store,
        media=MediaStore(opened.root),
        workspace=opened.root,
        folder=into,
    )
    wanted = None if number is None else [number]
    return write_reports(project_record(work), at_hand(work.media), into, wanted)
