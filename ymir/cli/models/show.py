"""`ymir model show NAME`: all that is recorded of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.models.ls import figure, proof
from ymir.cli.models.shelf import Shelf
from ymir.cli.specs import WorkspaceOption

NameArgument = Annotated[
    str,
    typer.Argument(help="An imported model, as `heads` or `heads@v2`, or a round, `helmet/r3`."),
]


def command(
    name: NameArgument,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a model: how good it is, what it detects, who runs it, what its proof found."""
    shelf = Shelf.of(workspace)
    data = shelf.data(shelf.find(name))
    if as_json:
        console.data(data)
    else:
        console.out("\n".join(_lines(data)))


def _lines(data: Mapping[str, JsonValue]) -> Iterator[str]:
    yield str(data["model"])
    yield from layout.pairs(dict(_facts(data)), indent="  ")
    found = data["proof"]
    checks = found.get("checks") if isinstance(found, dict) else None
    if isinstance(found, dict) and isinstance(checks, dict):
        yield f"\nproof: {proof(found)}"
        yield from layout.pairs({each: str(says) for each, says in checks.items()}, indent="  ")


def _facts(data: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    size, classes, files = data["bytes"], data["class_names"], data.get("files")
    band = (
        f" ({figure(data['map_low'])} to {figure(data['map_high'])})" if "map_low" in data else ""
    )
    yield "from", str(data["from"])
    yield "mAP", f"{figure(data.get('map'))}{band}"
    if "map_50_95" in data:
        yield "mAP 50-95", figure(data["map_50_95"])
    yield "classes", _listed(classes)
    yield "executor", layout.plain(str(data["executor"] or "-"))
    if isinstance(files, list):
        yield "stage", layout.plain(str(data["stage"]))
        yield "files", _listed(files)
        yield "package", f"version {data['package_version']}"
    yield "size", layout.size(size) if isinstance(size, int) else "-"
    yield "sha256", str(data["sha256"] or "-")


def _listed(value: JsonValue) -> str:
    return layout.plain(", ".join(map(str, value))) if isinstance(value, list) else "-"
