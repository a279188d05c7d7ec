"""`ymir dataset open`: look at the images of a dataset in a browser."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.datasets.presence import absent
from ymir.cli.datasets.reading import Recorded, Shelf, shelf
from ymir.cli.specs import WorkspaceOption
from ymir.dvc.objects import object_path
from ymir.media.store import MediaStore

if TYPE_CHECKING:
    from ymir.gallery.content import Content
    from ymir.media.small import Progress

_MOST = 2_000
_TOO_MANY = 200_000
_WORK = "small copies"


def command(  # noqa: PLR0913 - each is an option of the command
    name: Annotated[str, typer.Argument(help="The dataset, e.g. `site` or `site@v2`.")],
    other: Annotated[
        str | None, typer.Option("--with", help="Show what differs from this version.")
    ] = None,
    count: Annotated[
        int, typer.Option("--count", "-n", min=1, help="At most so many images, taken evenly.")
    ] = _MOST,
    every: Annotated[
        bool, typer.Option("--all", help=f"Every image, up to {_TOO_MANY:,}: more choke a browser.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", help="A folder that can be passed on.", file_okay=False),
    ] = None,
    originals: Annotated[
        bool, typer.Option("--originals", help="With `--output`: the images in full size, too.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Write a gallery of images with their boxes and open it; no server, no network.

    It is written to `.ymir/galleries/`, where it refers to images of this machine, or with
    `--output` to a folder of its own, with small copies of the images.
    """
    found = shelf(workspace)
    if output:
        from ymir.gallery.write import refuse_others

        refuse_others(output)
    versions = [found.find(each) for each in (name, other) if each]
    shown = _content(found, versions, _TOO_MANY if every else count)
    page, gone = _written(found, shown, output, originals=originals, quiet=as_json)
    if as_json:
        console.data(
            {"page": str(page), "images": shown.images.height, "of": shown.total, "absent": gone}
        )
    else:
        console.out(_said(shown, gone))
        console.out(str(page))
    if browser and not as_json and has_screen():
        webbrowser.open(page.resolve().as_uri())


def _content(found: Shelf, versions: list[Recorded], most: int | None) -> Content:
    from ymir.gallery.content import compared, content  # Polars takes its time to load

    tables = [(each.name, found.table(each)) for each in versions]
    if len(tables) == 1:
        return content(*tables[0], most=most)
    return compared(*tables[0], *tables[1], most=most)


def _written(
    found: Shelf, shown: Content, output: Path | None, *, originals: bool, quiet: bool
) -> tuple[Path, int]:
    """Where the page lies, and how many of its images are not here."""
    from ymir.gallery.write import SMALL, Pictures, write_apart, write_beside
    from ymir.media.small import make_small

    cache = MediaStore(found.root).cache
    images = shown.images["image"].to_list()
    gone = set(absent(cache, images))
    media = {image: object_path(cache, image) for image in images if image not in gone}
    small = found.root / ".ymir" / "thumbnails"
    with _telling(quiet) as tell:
        broken = make_small(media, small, SMALL, tell)
    pictures = Pictures(media, small, cache)
    if output:
        page = write_apart(shown, pictures, output.resolve(), originals=originals)
    else:
        folder = found.root / ".ymir" / "galleries" / "+".join(shown.versions)
        page = write_beside(shown, pictures, folder)
    return page, len(gone) + len(broken)


def _said(shown: Content, gone: int) -> str:
    images, some = layout.counted(shown.images.height, "image"), ""
    if shown.images.height < shown.total:
        how = "those that differ first" if len(shown.versions) > 1 else "taken evenly"
        some = f" of {shown.total:,}, {how}: `--all` shows all"
    missing = f"; {gone:,} are not here: `ymir pull`" if gone else ""
    return f"{images}{some}, {layout.counted(shown.boxes.height, 'box')}{missing}"


def has_screen() -> bool:
    """Where there is none, as over ssh, a browser would be one of text, in this terminal."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def _silent(done: int, of: int) -> None:
    """For programs."""


@contextmanager
def _telling(quiet: bool) -> Iterator[Progress]:
    """A bar on a terminal, and now and then a line elsewhere, where there is much to wait for."""
    if quiet or not sys.stdout.isatty():
        yield _silent if quiet else _in_lines
        return
    from ymir.cli.running.bars import Bars  # rich takes its time to load, too

    bars = Bars()
    bars.open()
    bars.begin(_WORK)
    try:
        yield lambda done, of: bars.advance(_WORK, done / of)
    finally:
        bars.close()


def _in_lines(done: int, of: int) -> None:
    if done % _MOST == 0 and of > _MOST:
        console.out(f"{_WORK}: {done:,} of {of:,}")
