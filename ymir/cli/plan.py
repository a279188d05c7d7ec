"""`ymir plan`: what `ymir apply` would do."""

from pathlib import Path
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.approved import Saving, save
from ymir.cli.images import LocalImages, Unseen
from ymir.cli.options import spread
from ymir.cli.pipeline import Beside, Ending, in_pipeline
from ymir.cli.policy import Policy, is_foreign
from ymir.cli.specs import WorkspaceOption
from ymir.cli.supply import Needs, needs
from ymir.cli.words import plan_data, plan_lines
from ymir.cli.workspace import open_workspace
from ymir.errors import Exit
from ymir.plan.plan import Plan, plan


@in_pipeline(Beside, Ending, Policy)
@spread
def command(
    saving: Saving,
    workspace: WorkspaceOption = Path(),
    full: Annotated[bool, typer.Option("--full", help="Also show what is up to date.")] = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Look at every file of large sources, as `apply` does, not at folders.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what differs between the specs and the data; exit 2 if something does."""
    images = Unseen() if is_foreign() else LocalImages()
    opened = open_workspace(workspace, is_thorough=refresh, images=images)
    observed = opened.store.observe()
    world = opened.look()
    now = plan(opened.catalogue, observed, world)
    asked = needs(now, opened.catalogue, images) if isinstance(images, LocalImages) else Needs()
    saved = save(saving, opened, world, plan_data(now))
    if as_json:
        lists = {"lacks": list(asked.lacks), "notes": list(asked.notes)}
        console.data({**plan_data(now), **lists})
    else:
        console.out("\n".join((*plan_lines(now, full=full), *asked.notes, *saved)))
        for lack in asked.lacks:
            console.error(f"error: {lack}")
    raise typer.Exit(Exit.FAILED if asked.lacks else exit_code(now))


def exit_code(now: Plan) -> Exit:
    """Nothing to do, parked for people, or changes pending."""
    if now.is_settled:
        return Exit.DONE
    return Exit.PARKED if now.is_parked else Exit.PENDING
