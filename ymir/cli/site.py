"""`ymir site`: one page for the whole workspace."""

from __future__ import annotations

import webbrowser
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import ymir
from ymir.cli import console
from ymir.cli.datasets.open import has_screen
from ymir.cli.images import LocalImages
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import Workspace, open_workspace
from ymir.git import is_repository, touched
from ymir.plan.plan import plan

if TYPE_CHECKING:
    from ymir.site.record import WorkspaceRecord

_POINTERS = "data/**/*.dvc"

GalleriesOption = Annotated[
    Literal["none", "newest", "all"],
    typer.Option(help="Galleries of which versions of datasets lie beside the page."),
]


def command(
    workspace: WorkspaceOption = Path(),
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A folder that can be passed on; by default `reports`."),
    ] = None,
    galleries: GalleriesOption = "newest",
    browser: Annotated[bool, typer.Option("--open", help="Open the page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what it shows, as JSON.")] = False,
) -> None:
    """Write `reports/index.html`: projects, datasets, models, labels to do; no server needed.

    Galleries and packages lie beside it, in `reports/site/`. What has not changed is not written.
    """
    opened = open_workspace(workspace, images=LocalImages())
    from ymir.site.record import PAGE, REPORTS  # what draws pages takes its time to load
    from ymir.site.write import Order, write_site

    into = (out or opened.root / REPORTS).resolve()
    site = write_site(record(opened), Order(into, galleries), _silent if as_json else console.out)
    if as_json:
        console.data(asdict(site))
    else:
        console.out(site.headline)
        console.out(str(into / PAGE))
    if browser and has_screen():
        webbrowser.open((into / PAGE).as_uri())


def record(opened: Workspace) -> WorkspaceRecord:
    """A workspace as its specs, its records and its commits say now."""
    from ymir.site.record import WorkspaceRecord

    observed, world = opened.store.observe(), opened.look()
    return WorkspaceRecord(
        root=opened.root,
        catalogue=opened.catalogue,
        observed=observed,
        plan=plan(opened.catalogue, observed, world),
        touched=touched(opened.root, _POINTERS) if is_repository(opened.root) else {},
        ymir=ymir.__version__,
        now=world.now,
    )


def _silent(line: str) -> None:
    """For programs."""
