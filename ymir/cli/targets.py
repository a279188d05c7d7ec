"""`--target`: only a part of the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from ymir.cli.workspace import Workspace
from ymir.errors import SpecError
from ymir.plan.plan import Plan, plan
from ymir.plan.stage import Stage
from ymir.plan.target import only, wanted


@dataclass(frozen=True)
class Targets:
    """What is wanted of all that the specs ask for."""

    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            help="Only this dataset, model, project, round or stage (`helmet/r3/train`), and what "
            "it is made from.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None

    def is_wanted(self, opened: Workspace) -> Callable[[Stage], bool]:
        """Whether a stage is to be made; an error where nothing is called so."""
        if not self.target:
            return lambda stage: True
        now = plan(opened.catalogue, opened.store.observe(), opened.look())
        return wanted(now, self.target)

    def of(self, now: Plan) -> Plan:
        """The part of a plan that is wanted."""
        return only(now, wanted(now, self.target)) if self.target else now

    def refuse_saved(self, *, is_saved: bool) -> None:
        """A saved plan is done as a whole, or not at all."""
        if self.target and is_saved:
            raise SpecError(
                "a saved plan is a whole plan, and `--target` is a part of one",
                hint="leave one of them away",
            )
