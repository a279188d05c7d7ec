"""`ymir report`: make the reports of recorded rounds anew."""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets.open import has_screen
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import Workspace, open_workspace
from ymir.errors import SpecError
from ymir.media.store import MediaStore
from ymir.plan.history import judged_rounds
from ymir.plan.plan import plan
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Snapshot, recipe_for
from ymir.plugins import nearest
from ymir.report.files.document import FILE
from ymir.report.names import INDEX, page_of
from ymir.report.write import write_reports
from ymir.stages.kind import Work
from ymir.stages.recorded import project_record
from ymir.stages.report import places


@dataclass(frozen=True)
class _Made:
    """The report of a project, and where it lies."""

    project: str
    round: int  # whose figures are beside the pages
    folder: Path
    pages: tuple[Path, ...]


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
    browser: Annotated[bool, typer.Option("--open", help="Open the newest page.")] = False,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every figure of the round as JSON.")
    ] = False,
) -> None:
    """Make reports of recorded rounds anew; what `apply` recorded in `reports/` stays as it is.

    Writes the pages and, of the newest round or of the one asked for, `report.json`, `summary.md`
    for a pull request and `junit.xml` for a CI server.
    """
    made = _all(open_workspace(workspace), project, number, out)
    if as_json:
        console.data([_data(each) for each in made])
    else:
        for each in made:
            console.out("\n".join(map(str, each.pages)))
    if browser and has_screen():
        for each in made:
            page = each.folder / (INDEX if number is None else page_of(number))
            webbrowser.open(page.resolve().as_uri())


def _all(
    opened: Workspace, project: str | None, number: int | None, out: Path | None
) -> list[_Made]:
    observed = opened.store.observe()
    projects = plan(opened.catalogue, observed, opened.look()).projects
    named = [each for each in projects if project in (None, each.project.name)]
    if not projects:
        raise SpecError("the specs hold no Project", hint="`ymir explain Project` describes one")
    if not named:
        names = [each.project.name for each in projects]
        raise SpecError(f"no project is called `{project}`", hint=nearest(project or "", names))
    made = []
    for each in named:
        into = out or opened.root / ".ymir" / "reports" / each.project.name
        folder = into / each.project.name if out and len(named) > 1 else into
        made.append(_made(opened, each, observed, folder, number))
    return made


def _made(
    opened: Workspace, unrolled: Unrolled, observed: Snapshot, into: Path, number: int | None
) -> _Made:
    name = unrolled.project.name
    stage = unrolled.stages[f"{name}/report"]
    stage = replace(stage, inputs=tuple(each for each in stage.inputs if each in observed))
    numbers = judged_rounds(stage.inputs)
    _refuse_unknown(name, number, numbers)
    work = Work(
        stage=stage,
        recipe=recipe_for(stage, observed),
        catalogue=opened.catalogue,
        store=opened.store,
        media=MediaStore(opened.root),
        workspace=opened.root,
        folder=into,
    )
    wanted = numbers if number is None else (number,)
    pages = write_reports(project_record(work, numbers), places(work, into), wanted)
    return _Made(name, max(wanted), into, pages)


def _refuse_unknown(name: str, number: int | None, numbers: Collection[int]) -> None:
    if not numbers or number not in (None, *numbers):
        raise SpecError(
            f"`{name}` has no judged round {number or ''}".rstrip(),
            hint=f"judged: {', '.join(map(str, numbers))}" if numbers else "run `ymir apply`",
        )


def _data(made: _Made) -> JsonValue:
    report: JsonValue = json.loads((made.folder / FILE).read_text(encoding="utf-8"))
    pages: list[JsonValue] = [str(page) for page in made.pages]
    return {"project": made.project, "round": made.round, "pages": pages, "report": report}
