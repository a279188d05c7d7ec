"""The pictures of an album: small copies inside the page and beside it."""

from __future__ import annotations

import os
import secrets
import shutil
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Final

from PIL import Image

from ymir.dvc.files import storing
from ymir.media.decode import UNDECODABLE
from ymir.media.small import Form, Progress, make_small
from ymir.report.album.importance import by_importance
from ymir.report.record import Locate
from ymir.report.shown.album import Album, Images

FORM: Final = Form(448, "webp", 72)
CACHE = "pictures"  # a folder of `.ymir/`, where the next report finds what this one has made

_BESIDE = -1  # of `Images.picture`
_LETTERS = (26, 15)  # of a packed album, about: per image, per box


@dataclass(frozen=True)
class Limits:
    """How much of pictures a page may have."""

    pictures: int = 20_000
    inlined: int = 6_000_000  # bytes inside the page, fewer where its boxes need the room
    least: int = 1_000_000  # bytes inside, whatever its boxes need
    album: int = 14_000_000  # letters of album and pictures together inside the page
    beside: int = 400_000_000  # bytes beside it


@dataclass(frozen=True)
class Places:
    """Where pictures come from, and where they go."""

    locate: Locate
    cache: Path  # of small copies, by digest
    into: Path  # the folder of the page


def with_pictures(
    album: Album,
    places: Places,
    limits: Limits | None = None,
    progress: Progress = lambda done, of: None,
) -> tuple[Album, tuple[bytes, ...]]:
    """The album with its pictures, and those to inline; the others then lie beside the page.

    An image whose bytes are not here, or cannot be drawn, has none.
    """
    most = limits or Limits()
    order = by_importance(album)
    wanted = order[: most.pictures]
    with storing("the pictures of a report cannot be made"):
        media = places.locate([album.images.id[row] for row in wanted])
        broken = make_small(media, places.cache, FORM, progress)
        copies = _copies(album, wanted, media.keys() - broken, places.cache)
        inside, shown = _divided(copies, _room(album, most), most.beside)
        _put(copies[inside:shown], places.into / album.beside)
        inlined = tuple(each.path.read_bytes() for each in copies[:inside])
        images = _sized(_pictured(album.images, copies[:shown], inside), media)
    without = len(order) - len(wanted) + len(copies) - shown
    said = (album.left_out, _beyond(without, most), _absent(len(wanted) - len(copies)))
    return replace(album, images=images, left_out="; ".join(filter(None, said))), inlined


@dataclass(frozen=True)
class _Copy:
    row: int
    path: Path
    bytes: int


def _copies(album: Album, rows: Sequence[int], drawn: Collection[str], cache: Path) -> list[_Copy]:
    """The small copies that there are, in the order of the rows."""
    ids = [(row, album.images.id[row]) for row in rows]
    paths = [(row, FORM.path(cache, image)) for row, image in ids if image in drawn]
    return [_Copy(row, path, path.stat().st_size) for row, path in paths]


def _room(album: Album, most: Limits) -> int:
    """How many bytes of pictures the page carries beside its album."""
    boxes = len(album.truth.label) + sum(len(each.label) for each in album.found)
    per_image, per_box = _LETTERS
    left = most.album - per_image * len(album.images.id) - per_box * boxes
    return min(
        most.inlined, max(most.least, left * 3 // 4)
    )  # base64 makes four letters of three bytes


def _divided(copies: Sequence[_Copy], room: int, beside: int) -> tuple[int, int]:
    """How many of the copies go into the page, and how many go there or lie beside it."""
    ends = list(accumulate(each.bytes for each in copies))
    inside = bisect_right(ends, room)
    taken = ends[inside - 1] if inside else 0
    return inside, bisect_right(ends, taken + beside)


def _put(copies: Sequence[_Copy], folder: Path) -> None:
    """The files are shared with the cache where the disk allows it: nobody writes into either."""
    targets = {FORM.path(folder, each.path.stem): each.path for each in copies}
    for parent in {target.parent for target in targets}:
        parent.mkdir(parents=True, exist_ok=True)
    for target, source in targets.items():
        if not target.exists():
            _link(source, target)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or too many links
        unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)


def _pictured(images: Images, copies: Sequence[_Copy], inside: int) -> Images:
    picture = list(images.picture)
    for place, each in enumerate(copies):
        picture[each.row] = place if place < inside else _BESIDE
    return replace(images, picture=picture)


def _sized(images: Images, media: Mapping[str, Path]) -> Images:
    """Images that no table knows are as large as their files say."""
    width, height = list(images.width), list(images.height)
    for row, image in _unsized(images):
        if image in media:
            width[row], height[row] = _size(media[image]) or (0, 0)
    return replace(images, width=width, height=height)


def _unsized(images: Images) -> Iterator[tuple[int, str]]:
    for row, (image, *size) in enumerate(zip(images.id, images.width, images.height, strict=True)):
        if not all(size):
            yield row, image


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as image:
            return image.size
    except UNDECODABLE:
        return None


def _beyond(count: int, most: Limits) -> str:
    room = f"{most.pictures:,} pictures and {most.beside / 1e6:,.0f} MB"
    return f"{_images(count)} no picture: a report has {room} of them at most" if count else ""


def _absent(count: int) -> str:
    why = "the bytes are not here (`ymir pull`), or cannot be drawn"
    return f"{_images(count)} no picture: {why}" if count else ""


def _images(count: int) -> str:
    return "1 image has" if count == 1 else f"{count:,} images have"
