"""`ymir plan`: what `ymir apply` would do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from ymir.cli.drift import Looking
from ymir.cli.images import LocalImages, Unseen
from ymir.cli.options import spread
from ymir.cli.pipeline import Beside, Ending, in_pipeline
from ymir.cli.policy import Policy, is_foreign
from ymir.cli.running.approved import Saving, save
from ymir.cli.running.consent import Anew
from ymir.cli.running.supply import Needs, needs
from ymir.cli.showing import Showing
from ymir.cli.specs import WorkspaceOption
from ymir.cli.targets import Targets
from ymir.cli.workspace import Workspace, open_workspace
from ymir.plan.plan import Plan, plan
from ymir.plan.snapshot import Snapshot
from ymir.plan.world import World
from ymir.sources.source import Depth


@dataclass(frozen=True)
class Asked(Targets, Anew):
    """What is planned, and how well is looked before."""

    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh",
            help="Look at every file of large sources, as `apply` does, not at folders.",
        ),
    ] = False


@dataclass(frozen=True)
class Foreseen:
    """What a plan was made from, the plan, and what it needs that is not here."""

    opened: Workspace
    observed: Snapshot
    world: World
    plan: Plan
    lacking: Needs


@in_pipeline(Beside, Ending, Policy)
@spread
def command(
    saving: Saving,
    showing: Showing,
    asked: Asked,
    looking: Looking,
    workspace: WorkspaceOption = Path(),
) -> None:
    """Show what differs between the specs and the data; exit 2 if something does."""
    if looking.refresh_only:
        raise typer.Exit(looking.show(workspace, as_json=showing.as_json))
    asked.refuse_saved(is_saved=saving.into is not None)
    seen = foreseen(workspace, asked, _depth(asked, saving))
    saved = save(saving, seen.opened, seen.world, seen.plan)
    showing.show(seen.plan, seen.observed, seen.lacking, saved)
    raise typer.Exit(showing.exit_code(seen.plan, seen.lacking))


def foreseen(root: Path, asked: Asked, depth: Depth) -> Foreseen:
    """Plan what is asked for; nothing is changed, and no network is reached."""
    images = Unseen() if is_foreign() else LocalImages()
    opened = asked.begun(open_workspace(root, depth=depth, images=images))
    observed = opened.store.observe()
    world = opened.look()
    now = asked.of(plan(opened.catalogue, observed, world))
    lacking = needs(now, opened.catalogue, images) if isinstance(images, LocalImages) else Needs()
    return Foreseen(opened, observed, world, now, lacking)


def _depth(asked: Asked, saving: Saving) -> Depth:
    """Whoever approves a plan approves the files that it imports: these are read."""
    if saving.into:
        return "all"
    return "files" if asked.refresh else "folders"
