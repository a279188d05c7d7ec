"""`ymir dataset log`: the versions of a dataset, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.datasets.reading import Recorded, shelf
from ymir.cli.specs import WorkspaceOption
from ymir.git import Touch
from ymir.plan.recipes import recipe_change


def command(
    name: Annotated[str, typer.Argument(help="The dataset.")],
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the versions of a dataset: when, why, and how much came and went."""
    found = shelf(workspace)
    versions = found.versions(found.find(name).dataset)
    commits = found.commits()
    before: list[Recorded | None] = [None, *versions]
    rows = [_data(old, new, commits.get(new.pointer)) for old, new in pairwise(before) if new]
    if as_json:
        console.data(rows[::-1])
    else:
        console.out("\n\n".join("\n".join(_lines(row)) for row in reversed(rows)))


def _data(old: Recorded | None, new: Recorded, commit: Touch | None) -> dict[str, JsonValue]:
    counts: dict[str, JsonValue] = {}
    for what in ("images", "boxes"):
        now, was = _count(new, what), _count(old, what) if old else 0
        counts |= {what: now, f"{what}_change": now - was}
    return {
        "version": new.name,
        "recorded": commit.date if commit else None,
        "commit": commit.commit if commit else None,
        "subject": commit.subject if commit else None,
        **counts,
        "why": [*recipe_change(old.version.recipe if old else None, new.version.recipe)],
        "recipe": new.version.recipe.digest,
        "digest": new.version.digest,
    }


def _count(recorded: Recorded, what: str) -> int:
    found = recorded.version.facts.get(what)
    return found if isinstance(found, int) else 0


def _lines(row: dict[str, JsonValue]) -> Iterator[str]:
    when = f"{str(row['recorded'])[:16].replace('T', ' ')}  {str(row['commit'])[:8]}"
    yield f"{row['version']}  {when if row['commit'] else 'in no commit yet'}"
    counts = (
        f"{row[what]:,} {what} ({layout.signed(int(str(row[f'{what}_change'])))})"
        for what in ("images", "boxes")
    )
    yield f"  {', '.join(counts)}"
    why = row["why"]
    yield from (f"  {each}" for each in (why if isinstance(why, list) else ()))
