"""`ymir dataset check`: what is in a version, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.datasets.reading import Recorded, Shelf, shelf
from ymir.cli.specs import WorkspaceOption
from ymir.dvc.files import write_whole
from ymir.dvc.objects import object_path
from ymir.media.store import MediaStore

if TYPE_CHECKING:
    from ymir.data.health import Health

_EXAMPLES = 3


def command(
    name: Annotated[str, typer.Argument(help="The dataset, e.g. `site` or `site@v2`.")],
    near: Annotated[
        bool,
        typer.Option("--near", help="Also look for near duplicates: reads every image once."),
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page, too.", dir_okay=False)
    ] = None,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look through a version: classes, sizes, and what people should look at before training."""
    from ymir.data.health import as_data  # Polars takes its time to load

    found = shelf(workspace)
    recorded = found.find(name)
    health = _health(found, recorded, near=near)
    if html:
        from ymir.gallery.health import render_health

        write_whole(html, render_health(recorded.name, health, _locate(found)))
    if as_json:
        console.data({"version": recorded.name, **as_data(health)})
    else:
        console.out("\n".join(_lines(recorded.name, health)))
        if html:
            console.out(f"\n{html}")


def _health(found: Shelf, recorded: Recorded, *, near: bool) -> Health:
    from ymir.data.health import health

    images = found.table(recorded)
    if not near:
        return health(images)
    from ymir.media.phash import phashes

    return health(images, hashes=phashes(MediaStore(found.root), images))


def _locate(found: Shelf) -> Callable[[str], Path | None]:
    cache = MediaStore(found.root).cache

    def locate(image: str) -> Path | None:
        path = object_path(cache, image)
        return path if path.exists() else None

    return locate


def _lines(name: str, health: Health) -> Iterator[str]:
    yield (
        f"{name}: {layout.counted(health.images, 'image')} ({health.empty:,} without a box), "
        f"{layout.counted(health.boxes, 'box')}"
    )
    yield ""
    heads = ("class", "boxes", "images", "small", "medium", "large")
    rows = [
        (layout.plain(each.label), *(f"{getattr(each, what):,}" for what in heads[1:]))
        for each in health.classes
    ]
    yield from layout.table([heads, *rows], right=range(1, len(heads)))
    yield f"\nsize   {', '.join(f'{each.size} {each.boxes:,}' for each in health.sizes)}"
    yield f"share  {', '.join(f'{each.size} {each.boxes:,}' for each in health.shares)}"
    if not health.findings:
        yield "\nnothing looks wrong"
    for finding in health.findings:
        yield f"\n{finding.severity}: {finding.name}: {_counted(finding.count, finding.of)}"
        yield f"  {finding.means}"
        for each in finding.examples[:_EXAMPLES]:
            yield f"  - {layout.plain(each.file)}: {layout.plain(each.what)}"


def _counted(count: int, of: str) -> str:
    noun, _, rest = of.partition(" ")
    return f"{layout.counted(count, noun)} {rest}".strip()
