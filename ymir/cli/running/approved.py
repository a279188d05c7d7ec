"""Saved plans: `ymir plan -o FILE` makes one, and `ymir apply FILE` does that or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir import __version__
from ymir.cli.running.consent import needed
from ymir.cli.words import plan_data
from ymir.errors import SpecError, StaleError
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Prune, Suspend
from ymir.plan.world import UNREAD, World

if TYPE_CHECKING:
    from ymir.approval.basis import Basis
    from ymir.approval.saved import Approval
    from ymir.cli.workspace import Workspace

_AGAIN = "plan again, and have that approved: `ymir plan -o FILE`"


@dataclass(frozen=True)
class Saving:
    """Where `ymir plan` saves its plan."""

    into: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Save the plan to this file; `ymir apply FILE` does it, or nothing.",
            metavar="FILE",
            dir_okay=False,
        ),
    ] = None

    def __post_init__(self) -> None:
        """A plan is a file that people keep: it does not go to a pipe."""
        if self.into == Path("-"):
            raise SpecError(
                "`-o` wants the name of a file", hint="`ymir plan --json` prints a plan"
            )


@dataclass(frozen=True)
class Given:
    """A saved plan to carry out."""

    approved: Annotated[
        Path | None,
        typer.Argument(
            help="A plan that `ymir plan -o` saved: asks nothing, and does that or nothing.",
            metavar="PLAN",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None

    def read(self, restart: list[str] | None = None) -> Approval | None:
        """What was approved; None where no plan is given, and whatever is needed is done."""
        if self.approved is None:
            return None
        if restart:
            raise SpecError(
                "a saved plan says itself what is restarted",
                hint="leave `--restart` away, or plan again",
            )
        from ymir.approval.saved import read

        return read(self.approved)


def save(saving: Saving, opened: Workspace, world: World, now: Plan) -> tuple[str, ...]:
    """Save the plan that was made of this world, if asked to; what to do with it, in words.

    Whoever approves it agrees to what it does that nobody would do without being asked.
    """
    if saving.into is None:
        return ()
    from ymir.approval import saved, stale
    from ymir.git import head

    allow = sorted(str(each) for each in needed(now))
    made = datetime.now(UTC).isoformat(timespec="seconds")
    approval = _basis(opened, world).approving(plan_data(now), allow, made, head(opened.root))
    saved.write(saving.into, approval)
    unread = stale.strangers(approval, world.executors, _executors(now))
    doubts = (f"note: it cannot be applied: {each}" for each in unread)
    return (f"saved; `ymir apply {saving.into}` does this, or nothing", *doubts)


def check(approved: Approval | None, opened: Workspace) -> None:
    """Refuse an approved plan where anything that it was made from is another now; writes nothing.

    The workspace is held by the caller.
    """
    if approved is None:
        return
    from ymir.approval import progress, stale

    world = opened.look()
    now = _basis(opened, world)
    made = (
        None
        if progress.is_left_by(opened.root, approved, now)
        else progress.stages_of(opened.root, approved.digest)
    )
    newer = _newer(opened.root, approved)
    found = stale.differences(approved, now, made=made, newer=newer)
    if not found:
        found = stale.strangers(approved, world.executors, _needed(opened, world, approved))
    if found:
        _refuse(found)


def only_approved(
    approved: Approval | None, opened: Workspace, look: Callable[[], World]
) -> Callable[[], World]:
    """The world as `look` sees it; an error once a program that is needed is not the approved one.

    Images are pulled while a run goes on, and a tag may move at any time.
    """
    if approved is None:
        return look
    from ymir.approval import stale

    def seen() -> World:
        world = look()
        if world.executors != approved.executors:
            needed = _needed(opened, world, approved)
            if found := stale.strangers(approved, world.executors, needed):
                _refuse(found)
        return world

    return seen


def notes(approved: Approval | None, opened: Workspace) -> Callable[[], Mapping[str, str]]:
    """What every commit under an approved plan says of it; with each, it is noted here, too."""
    if approved is None:
        return dict
    from ymir.approval import progress

    plan_digest = approved.digest

    def noted() -> Mapping[str, str]:
        now = _basis(opened, World())
        progress.keep(opened.root, plan_digest, now.data)
        return progress.trailers(plan_digest, now)

    return noted


def settle_lineage(opened: Workspace, approved: Approval | None) -> None:
    """Write down which history the workspace belongs to, if that does not stand there."""
    from ymir.approval.basis import spec_digests
    from ymir.approval.lineage import settle

    specs = spec_digests(opened.root, opened.catalogue)
    settle(opened.root, specs, approved.lineage if approved else None)


def _basis(opened: Workspace, world: World) -> Basis:
    from ymir.approval.basis import basis, spec_digests
    from ymir.approval.lineage import lineages

    specs = spec_digests(opened.root, opened.catalogue)
    known = lineages(opened.root, specs)
    return basis(__version__, known, specs, opened.store.observe(), world)


def _needed(opened: Workspace, world: World, approved: Approval) -> set[str]:
    """The executors of all that is not up to date, as far as can be seen."""
    here = {
        name: approved.executors.get(name, UNREAD) if digest == UNREAD else digest
        for name, digest in world.executors.items()
    }
    return _executors(
        plan(opened.catalogue, opened.store.observe(), replace(world, executors=here))
    )


def _executors(now: Plan) -> set[str]:
    stages = [step.stage for step in now.pending if not isinstance(step, Prune | Suspend)]
    return {str(stage.settings["executor"]) for stage in stages if "executor" in stage.settings}


def _newer(root: Path, approved: Approval) -> str:
    """Who is ahead: the workspace or the plan, in words to be added."""
    from ymir.approval.ancestry import is_before
    from ymir.git import head

    here = head(root)
    if here is None or approved.commit in (None, here):
        return ""
    if is_before(root, str(approved.commit), here):
        return "; this workspace is newer than the plan"
    if is_before(root, here, str(approved.commit)):
        return "; the plan is newer than this workspace: `git pull`"
    return ""


def _refuse(found: list[str]) -> None:
    lines = "\n".join(f"  {each}" for each in found)
    raise StaleError(f"the saved plan is stale; nothing is done:\n{lines}", hint=_AGAIN)
