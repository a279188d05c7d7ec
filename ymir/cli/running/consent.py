"""What `ymir apply` does only if a person wants it: train anew, or take something away."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import typer

from ymir.cli import console
from ymir.cli.protection import refuse_protected
from ymir.cli.words import edit_line, full_line
from ymir.cli.workspace import Workspace
from ymir.errors import ConsentError, SpecError
from ymir.plan.cost import total
from ymir.plan.history import generation_of, newest_round
from ymir.plan.plan import Plan, plan
from ymir.plan.planner import Done
from ymir.plan.world import World


class Allowance(StrEnum):
    """What may be allowed."""

    RETRAIN = "retrain"
    DESTROY = "destroy"


@dataclass(frozen=True)
class Anew:
    """Which projects begin anew, and what is agreed to beforehand."""

    restart: Annotated[
        list[str] | None,
        typer.Option(
            "--restart", help="Begin a new generation of this project.", metavar="PROJECT"
        ),
    ] = None
    allow: Annotated[
        list[Allowance] | None,
        typer.Option(
            "--allow",
            help="Agree without being asked: `retrain` begins the generations that removed classes "
            "and `--restart` ask for; `destroy` also gives up a batch that people have.",
            show_default=False,
        ),
    ] = None

    def begun(self, opened: Workspace) -> Workspace:
        """The workspace in which the generations begin that are asked for."""
        named = tuple(self.restart or ())
        _refuse_unknown(opened, named)
        if Allowance.RETRAIN in (self.allow or ()):
            named += self._removed(opened)
        refuse_protected(opened.root, opened.catalogue, named, "a new generation of it")
        return _with_generations(opened, named)

    def _removed(self, opened: Workspace) -> tuple[str, ...]:
        """Those that a removed class holds up; not while people have a batch of theirs."""
        names = _plan(opened).outgrown
        if Allowance.DESTROY in (self.allow or ()) or not names:
            return names
        then = _plan(_with_generations(opened, names))
        lost = {str(step.stage.round).partition("/")[0] for step in then.destructive}
        return tuple(name for name in names if name not in lost)

    def agreed(self, opened: Workspace, *, may_ask: bool) -> Workspace:
        """The same, once a person has agreed to what needs that; else an error, or an end."""
        may_ask = may_ask and sys.stdin.isatty() and sys.stdout.isatty()
        opened = self.begun(opened)
        if may_ask and (asked := _askable(opened)):
            opened = _with_generations(opened, asked)
        now = _plan(opened)
        lacking = needed(now) - {*(self.allow or ())}
        if lacking and not may_ask:
            raise _refused(now, lacking)
        if lacking:
            _ask(now)
        return opened


def needed(now: Plan) -> frozenset[Allowance]:
    """What of a plan needs to be allowed."""
    found = {Allowance.RETRAIN} if now.retraining else set()
    return frozenset(found | ({Allowance.DESTROY} if now.destructive else set()))


def _askable(opened: Workspace) -> tuple[str, ...]:
    """The projects of which a person at the terminal has just said that they may begin anew."""
    now, specs = _plan(opened), opened.catalogue.projects
    found = []
    for name in now.outgrown:
        if specs[name].protect or specs[name].suspend:
            continue
        console.out("\n".join(edit_line(e) for e in now.edits if e.project == name))
        question = f"begin a new generation of `{name}`, and train it from the start?"
        if console.ask(question, "--allow retrain"):
            found.append(name)
    return tuple(found)


def _ask(now: Plan) -> None:
    console.out("\n".join(full_line(step, now.effect(step)) for step in _grave(now)))
    if says := total(now.effect(step).cost for step in _grave(now)).says:
        console.out(f"cost: {says}")
    if not console.ask("do this?", "--allow"):
        raise typer.Abort


def _refused(now: Plan, lacking: Collection[Allowance]) -> ConsentError:
    steps = [f"  {full_line(step, now.effect(step))}" for step in _grave(now)]
    options = " ".join(f"--allow {each}" for each in sorted(lacking, reverse=True))
    return ConsentError(
        "\n".join(("nothing is done, for nobody has agreed to this:", *steps)),
        hint=f"`{options}` agrees to it",
    )


def _grave(now: Plan) -> tuple[Done, ...]:
    return (*now.destructive, *(each for each in now.retraining if each not in now.destructive))


def _with_generations(opened: Workspace, projects: Collection[str]) -> Workspace:
    """The workspace as it is once these projects begin anew."""
    if not projects:
        return opened
    observed = opened.store.observe()
    begun: Mapping[str, int] = {
        name: generation_of(name, newest_round(name, observed), observed) + 1 for name in projects
    }

    def look() -> World:
        world = opened.look()
        return replace(world, generations={**world.generations, **begun})

    return replace(opened, look=look)


def _refuse_unknown(opened: Workspace, projects: Collection[str]) -> None:
    unknown = [name for name in projects if name not in opened.catalogue.projects]
    if unknown:
        raise SpecError(
            f"no project is called `{unknown[0]}`",
            hint=f"the projects are {', '.join(opened.catalogue.projects)}",
        )


def _plan(opened: Workspace) -> Plan:
    return plan(opened.catalogue, opened.store.observe(), opened.look())
