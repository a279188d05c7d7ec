"""`ymir dataset export`: write a dataset out for people and other tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets.reading import shelf
from ymir.cli.specs import WorkspaceOption


def command(
    name: Annotated[str, typer.Argument(help="The dataset, e.g. `site` or `site@v2`.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new or empty folder.", file_okay=False)
    ],
    use: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="The layout: coco, voc, yolo, labelstudio, fiftyone, datumaro, ark, or images.",
        ),
    ],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a version as files: copies of its images, and its boxes in a layout of your choice.

    What was written is read back, and every image and box is accounted for. The folder appears
    whole or not at all.
    """
    from ymir.cli.datasets.handover import hand_over  # Polars takes its time to load

    found = shelf(workspace)
    account = hand_over(found, found.find(name), use, folder.absolute(), force=force)
    if as_json:
        console.data(account)
    else:
        console.out("\n".join(_lines(account)))


def _lines(account: Mapping[str, JsonValue]) -> Iterator[str]:
    yield f"{account['version']} as {account['format']} -> {account['folder']}"
    for what in ("images", "boxes"):
        items = account[what]
        assert isinstance(items, Mapping)  # as `hand_over` makes it
        parts = [f"{count:,} {name}" for name, count in items.items() if name != "in"]
        yield f"{what}: {items['in']:,} = {' + '.join(parts)}"
    omitted = account["left_out"]
    if isinstance(omitted, Mapping) and omitted:
        said = ", ".join(f"{count:,} {what}" for what, count in omitted.items())
        yield f"this layout has no place for: {said}"
