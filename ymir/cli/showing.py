"""How `ymir plan` shows its plan, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.explained import explained, explained_data
from ymir.cli.running.supply import Needs
from ymir.cli.words import cost_line, plan_data, plan_lines
from ymir.dvc.files import storing, write_whole
from ymir.errors import Exit
from ymir.plan.plan import Plan
from ymir.plan.planner import Block, Wait
from ymir.plan.snapshot import Snapshot
from ymir.vault import masked_data


@dataclass(frozen=True)
class Showing:
    """What is said of a plan, where to, and with which exit code."""

    full: Annotated[
        bool,
        typer.Option("--full", help="Also show what is up to date, and what each step costs."),
    ] = False
    explain: Annotated[
        str | None,
        typer.Option("--explain", help="Explain one step in full, and exit 0.", metavar="STEP"),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
    json_into: Annotated[
        Path | None,
        typer.Option(
            "--json-into",
            help="Write the JSON to this file, too.",
            metavar="FILE",
            dir_okay=False,
        ),
    ] = None
    detailed_exitcode: Annotated[
        bool,
        typer.Option(
            "--detailed-exitcode/--no-detailed-exitcode",
            help="Exit 2 where changes are pending, 3 where only people can go on, 4 where a gate "
            "blocks; or 0 whenever a plan can be made.",
        ),
    ] = True

    def show(self, now: Plan, observed: Snapshot, asked: Needs, notes: Sequence[str]) -> None:
        """Say it; `notes` are lines for people only."""
        data: dict[str, JsonValue] = (
            explained_data(now, self.explain, observed)
            if self.explain
            else {**plan_data(now), "lacks": list(asked.lacks), "notes": list(asked.notes)}
        )
        if self.json_into:
            _write(self.json_into, data)
        if self.as_json:
            console.data(data)
        elif self.explain:
            console.out("\n".join(explained(now, self.explain, observed)))
        else:
            cost = cost_line(now)
            lines = (*plan_lines(now, full=self.full), *([cost] if cost else []))
            console.out("\n".join((*lines, *asked.notes, *notes)))
            for lack in asked.lacks:
                console.error(f"error: {lack}")

    def exit_code(self, now: Plan, asked: Needs) -> Exit:
        """What the plan means to whoever called."""
        if self.explain or not self.detailed_exitcode:
            return Exit.DONE
        return Exit.FAILED if asked.lacks else exit_code(now)


def exit_code(now: Plan) -> Exit:
    """Nothing to do, parked for people, stopped by a gate, or changes pending."""
    if now.is_settled:
        return Exit.DONE
    if now.is_parked:
        return Exit.PARKED
    is_blocked = any(isinstance(step, Block) and step.by_gate for step in now.pending)
    others = [
        s for s in now.pending if not isinstance(s, Wait) and not getattr(s, "by_gate", False)
    ]
    return Exit.GOAL_MISSED if is_blocked and not others else Exit.PENDING


def _write(file: Path, data: JsonValue) -> None:
    """The whole file or nothing of it; without secrets, as everything that is said."""
    with storing(f"`{file}` cannot be written"):
        write_whole(file, json.dumps(masked_data(data), indent=2, ensure_ascii=False) + "\n")
