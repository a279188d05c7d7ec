"""Packs an album and its pictures into text that a page can carry."""

from __future__ import annotations

import gzip
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from ymir.report.shown.album import Album

_EFFORT = 6  # of gzip; more takes twice as long for a hundredth less


@dataclass(frozen=True)
class Packed:
    """What goes into the two blocks of a page; letters of base64 only."""

    album: str  # the gzipped JSON of an `Album`
    pictures: (
        str  # count, sizes, then the files one after another; numbers of 4 bytes, lowest first
    )


def pack(album: Album, pictures: Sequence[bytes] = ()) -> Packed:
    """Equal input gives equal text; `Album.images.picture` says which picture is whose."""
    data = gzip.compress(orjson.dumps(album), compresslevel=_EFFORT, mtime=0)
    numbers = (len(pictures), *(len(each) for each in pictures))
    block = b"".join((*(each.to_bytes(4, "little") for each in numbers), *pictures))
    return Packed(_text(data), _text(block))


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
