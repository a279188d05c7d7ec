"""`ymir executor show`: all that is known of one executor, its parameters above all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.executors.facts import facts_of
from ymir.cli.executors.subject import subject
from ymir.cli.images import LocalImages
from ymir.cli.specs import WorkspaceOption

_LONGEST = 28  # of a default, in the column


def command(
    executor: Annotated[
        str, typer.Argument(help="Its name, its folder, or an image.", metavar="EXECUTOR")
    ],
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how an executor is run, what it may use, and its parameters with their defaults."""
    data = facts_of(subject(executor, workspace), workspace, LocalImages()).data
    if as_json:
        console.data(data)
    else:
        console.out("\n".join(_lines(data)))


def _lines(data: Mapping[str, JsonValue]) -> Iterator[str]:
    yield layout.plain(str(data["name"]))
    if data["description"]:
        yield f"  {layout.plain(str(data['description']))}"
    yield from layout.pairs(_facts(data), indent="  ")
    faults = data["faults"]
    yield from (f"  fault: {layout.plain(str(each))}" for each in _listed(faults))
    said = _mapping(data["comments"])
    for task, template in _mapping(data["tasks"]).items():
        yield f"\n{task}"
        yield from _parameters(_mapping(template), _mapping(said.get(task)))
    if not data["tasks"]:
        yield "\nits parameters are not known here: any are taken"


def _facts(data: Mapping[str, JsonValue]) -> dict[str, str]:
    resources = _mapping(data["resources"])
    used = [f"{key} {value}" for key, value in resources.items() if value is not None]
    may = [word for word in ("network", "run_as_root") if data[word]]
    shown = {
        "runs": layout.plain(str(data["runs"])),
        "backend": str(data["backend"]),
        "image": str(data["image"] or ""),
        "state": str(data["state"]),
        "is": str(data["image_digest"] or ""),
        "digest": str(data["digest"]),
        "protocol": str(data["protocol"]),
        "resources": ", ".join(used),
        "may": ", ".join(may),
    }
    return {key: value for key, value in shown.items() if value}


def _parameters(template: Mapping[str, JsonValue], said: Mapping[str, JsonValue]) -> Iterator[str]:
    rows = [
        (layout.plain(key), _default(value), layout.plain(str(said.get(key, ""))))
        for key, value in template.items()
    ]
    yield from (f"  {line}" for line in layout.table(rows)) if rows else ()


def _default(value: JsonValue) -> str:
    text = layout.plain(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
