"""`ymir model ls`: all models in a line each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.models.shelf import Shelf
from ymir.cli.specs import WorkspaceOption

_HEADS = ("model", "mAP", "classes", "size", "executor", "proof")
_FIGURES = (1, 2, 3)


def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List models: imported versions, then each round's; how good, how large, whether proven.

    The mAP of a round's model is the judge's, on the project's testing set; that of an imported one
    is what its maker says.
    """
    shelf = Shelf.of(workspace)
    rows = [shelf.data(name) for name in shelf.names]
    if as_json:
        console.data([*rows])
    elif rows:
        cells = [_HEADS, *map(_cells, rows)]
        console.out("\n".join(layout.table(cells, right=_FIGURES)))
    else:
        console.out("no model: `ymir explain Model` describes imported ones")


def _cells(row: Mapping[str, JsonValue]) -> tuple[str, ...]:
    classes, size = row["class_names"], row["bytes"]
    return (
        str(row["model"]),
        figure(row.get("map")),
        str(len(classes)) if isinstance(classes, list) else "-",
        layout.size(size) if isinstance(size, int) else "-",
        layout.plain(str(row["executor"] or "-")),
        proof(row["proof"]),
    )


def figure(value: JsonValue) -> str:
    """A figure from 0 to 1, or a dash."""
    return f"{value:.3f}" if isinstance(value, int | float) else "-"


def proof(found: JsonValue) -> str:
    """How the proof of a package ended, in a word or two."""
    if not isinstance(found, dict):
        return "not tried"
    broken = found["broken"]
    names = ", ".join(map(str, broken)) if isinstance(broken, list) else ""
    return f"on {found['images']} images" if found["holds"] else f"BROKEN: {names}"
