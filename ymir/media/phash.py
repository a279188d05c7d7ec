"""Perceptual hashes: 64 bits that stay the same when a picture is coded or sized anew.

The DCT hash of pHash (Zauner: "Implementation and Benchmarking of Perceptual Image Hash
Functions", 2010) over the frequencies that `imagehash` uses: the picture in grey, 32 x 32 pixels,
its 8 x 8 lowest frequencies but for the mean, each a bit: is it above their median? So a hash has
31 bits that are set, and two hashes differ in an even number of bits.

A picture without structure, such as a clear sky, has frequencies of nearly nothing, and its bits
are noise or, worse, the same as those of every other such picture. It says nothing: its hash is
null, and it is near no other picture.

A hash is computed once. `.ymir/phashes/` remembers it by the image's digest, in tables that are
added for new images and put together when they become many. It may be deleted.
"""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image

from ymir.errors import StoreError
from ymir.media.decode import UNDECODABLE
from ymir.media.tables import read_table, write_table
from ymir.media.workers import spread

if TYPE_CHECKING:
    from ymir.media.store import MediaStore

_FOLDER = ".ymir/phashes/1"  # another way to hash gets another number
_SCHEMA = pl.Schema({"image": pl.String, "phash": pl.UInt64})
_MOST_FILES = 16
_PIECE = 50_000  # images that are remembered at a time: what a killed run has to do again
_SIDE, _LOW = 32, 8
_DRAFT = (2 * _SIDE, 2 * _SIDE)  # a JPEG is decoded to no less than this
_FAINT = 1.0  # of a frequency whose amplitude is a sixteenth of a grey level
_PER_IMAGE = 3e-3  # seconds of work; a large photograph takes as much again
_DEEP = 257.0  # of 16-bit grey levels to one of 8 bits


def phashes(media: MediaStore, images: pl.DataFrame) -> pl.Series:
    """The hash of each image, in the order of the rows; null where the picture says nothing.

    An image that is hashed for the first time must be at hand.
    """
    folder = media.workspace / _FOLDER
    wanted = images.select("image")
    known = _remembered(folder)
    fresh = wanted.join(known, on="image", how="anti").unique(maintain_order=True)["image"]
    for at in range(0, len(fresh), _PIECE):
        piece = fresh.slice(at, _PIECE)
        places = media.locate(piece.to_list())
        paths = [str(places[image]) for image in piece]
        hashes = spread(hash_files, paths, seconds=len(paths) * _PER_IMAGE)
        found = pl.DataFrame({"image": piece, "phash": hashes}, schema=_SCHEMA)
        write_table(found, folder / f"{secrets.token_hex(8)}.parquet")
        known = pl.concat([known, found])
    return wanted.join(known, on="image", how="left", maintain_order="left")["phash"]


def hash_files(paths: Sequence[str]) -> list[int | None]:
    """The hash of each file; None of a picture that says nothing, or cannot be decoded."""
    return [_hash_file(path) for path in paths]


def hash_pixels(pixels: npt.NDArray[np.float64]) -> int | None:
    """The hash of a picture of 32 x 32 grey levels; None where they say nothing."""
    low = (_COSINES @ pixels @ _COSINES.T).ravel()[1:]
    above = low - np.median(low)
    if np.median(np.abs(above)) < _FAINT:
        return None
    bits = np.packbits(np.concatenate([[False], above > 0]))
    return int.from_bytes(bits.tobytes())


def _cosines() -> npt.NDArray[np.float64]:
    """The lowest rows of the orthonormal DCT-II: `rows @ column` is its transform."""
    order, place = np.arange(_LOW)[:, None], np.arange(_SIDE)[None, :]
    scale = np.where(order == 0, np.sqrt(1 / _SIDE), np.sqrt(2 / _SIDE))
    return np.asarray(scale * np.cos(np.pi * (2 * place + 1) * order / (2 * _SIDE)), np.float64)


_COSINES = _cosines()


def _hash_file(path: str) -> int | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("JPEG", "PNG")) as image:
                return hash_pixels(_grey(image))
    except UNDECODABLE:
        return None


def _grey(image: Image.Image) -> npt.NDArray[np.float64]:
    image.draft("L", _DRAFT)
    is_deep = image.mode.startswith("I")
    grey = image.convert("F" if is_deep else "L")
    pixels = np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR), np.float64)
    return pixels / _DEEP if is_deep else pixels


def _remembered(folder: Path) -> pl.DataFrame:
    """Every hash that is known; what cannot be read is as good as none."""
    files = sorted(folder.glob("*.parquet"))
    known = pl.concat([_SCHEMA.to_frame(), *map(_read, files)]).unique("image", keep="first")
    if len(files) > _MOST_FILES:
        write_table(known, folder / f"{secrets.token_hex(8)}.parquet")
        for file in files:
            file.unlink(missing_ok=True)
    return known


def _read(file: Path) -> pl.DataFrame:
    try:
        found = read_table(file)
    except StoreError:
        return _SCHEMA.to_frame()
    return found if found.schema == _SCHEMA else _SCHEMA.to_frame()
