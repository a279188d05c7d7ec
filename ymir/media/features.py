"""Descriptors of images that need no model: where edges run, and where which colours are.

128 numbers from one small copy of the picture, so a pool of any size has them, whatever trains:

- 96 of a histogram of oriented gradients (Dalal and Triggs: "Histograms of Oriented Gradients for
  Human Detection", CVPR 2005): 6 directions in each of 4 x 4 cells. Each cell is weighed against
  its surroundings, and roots are taken, so that one hard edge does not drown the rest (Arandjelovic
  and Zisserman: "Three things everyone should know to improve object retrieval", CVPR 2012);
- 32 of a colour layout (MPEG-7, ISO/IEC 15938-3; Kasutani and Yamada, ICIP 2001): the lowest
  frequencies of the brightness (16) and of two colour differences (8 and 8) over 8 x 8 places.

Alike scenes are near each other, as far as that can be seen in a thumbnail. What things are, it
does not know. Rows have the length 1, so `1 - a @ b` tells how far two are apart; those of an image
that cannot be decoded, or that is one flat grey, are zeros.

A descriptor is computed once. `.ymir/features/` remembers it by the image's digest, as 256 bytes.
It may be deleted.
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
from ymir.media.workers import stream

if TYPE_CHECKING:
    from ymir.media.store import MediaStore

DIMENSIONS = 128

Features = npt.NDArray[np.float32]

_FOLDER = ".ymir/features/1"  # another way to describe gets another number
_SCHEMA = pl.Schema({"image": pl.String, "feature": pl.Binary})
_MOST_FILES = 16
_PIECE = 50_000  # images that are remembered at a time: what a killed run has to do again
_AT_ONCE = 200  # pictures that are described together
_PER_IMAGE = 3e-3  # seconds of work; a large photograph takes as much again
_SIDE, _CELLS, _TURNS = 64, 4, 6
_LAYOUT = 8  # places in each direction
_BRIGHT, _COLOUR = 16, 8  # frequencies
_FAINT = 2.0  # of a gradient, in grey levels: what noise makes counts for little
_COLOUR_SHARE = 0.5  # how much the layout weighs, beside 1 of the gradients
_EVEN = 0.8  # how much of what all directions of a cell have in common is taken off
_DEEP = 257.0  # of 16-bit grey levels to one of 8 bits


def features(media: MediaStore, images: pl.DataFrame) -> Features:
    """The descriptor of each image, in the order of the rows.

    An image that is described for the first time must be at hand.
    """
    folder = media.workspace / _FOLDER
    wanted = images.select("image")
    known = _remembered(folder, wanted)
    fresh = wanted.join(known, on="image", how="anti").unique(maintain_order=True)["image"]
    for at in range(0, len(fresh), _PIECE):
        piece = fresh.slice(at, _PIECE)
        places = media.locate(piece.to_list())
        paths = [str(places[image]) for image in piece]
        parts = stream(describe_files, paths, seconds=len(paths) * _PER_IMAGE, piece=_AT_ONCE)
        rows = [row.tobytes() for part in parts for row in part.astype("<f2")]
        found = pl.DataFrame({"image": piece, "feature": rows}, schema=_SCHEMA)
        write_table(found, folder / f"{secrets.token_hex(8)}.parquet")
        known = pl.concat([known, found])
    stored = wanted.join(known, on="image", how="left", maintain_order="left")["feature"]
    return _unit(np.frombuffer(b"".join(stored), "<f2").reshape(-1, DIMENSIONS))


def describe_files(paths: Sequence[str]) -> Features:
    """The descriptor of each file; zeros where it cannot be decoded."""
    pixels = np.zeros((len(paths), _SIDE, _SIDE, 3), np.float32)
    for row, path in enumerate(paths):
        _decode(path, pixels[row])
    return describe_pixels(pixels)


def describe_pixels(pixels: Features) -> Features:
    """The descriptor of pictures of 64 x 64 pixels: brightness and two colour differences."""
    both = [_gradients(pixels[..., 0]), _COLOUR_SHARE * _layout(pixels)]
    return _unit(np.concatenate(both, axis=1))


def _gradients(grey: Features) -> Features:
    """Per cell how strongly edges run in each direction, by the roots of their shares."""
    down, across = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(down, across)
    strength = strength * strength / (strength + _FAINT)
    turn = np.arctan2(down, across)
    turn = np.where(turn < 0, turn + np.float32(np.pi), turn) * np.float32(_TURNS / np.pi)
    lower = turn.astype(np.int64)
    more = (turn - lower) * strength
    cell = np.arange(_SIDE) // (_SIDE // _CELLS)
    at = np.arange(len(grey))[:, None, None] * _CELLS**2 + cell[:, None] * _CELLS + cell
    count = len(grey) * _CELLS**2 * _TURNS
    low = np.bincount((at * _TURNS + lower % _TURNS).ravel(), (strength - more).ravel(), count)
    high = np.bincount((at * _TURNS + (lower + 1) % _TURNS).ravel(), more.ravel(), count)
    sums = (low + high).reshape(len(grey), _CELLS**2, _TURNS)
    whole = sums.sum(axis=(1, 2), keepdims=True)
    around = sums.sum(axis=2, keepdims=True) + whole / _CELLS**2
    roots = np.sqrt(sums / np.maximum(around, 1e-6))
    roots -= _EVEN * roots.mean(axis=2, keepdims=True)
    return _unit(np.asarray(roots.reshape(len(grey), -1), np.float32))


def _layout(pixels: Features) -> Features:
    """The lowest frequencies of the brightness and of both colour differences."""
    size = _SIDE // _LAYOUT
    places = pixels.reshape(-1, _LAYOUT, size, _LAYOUT, size, 3).mean(axis=(2, 4)) / 128
    waves = np.einsum("up,npqc,vq->nuvc", _WAVES, places, _WAVES).reshape(-1, _LAYOUT**2, 3)
    low = waves[:, _ORDER]
    parts = (low[:, :_BRIGHT, 0], low[:, :_COLOUR, 1], low[:, :_COLOUR, 2])
    return np.asarray(np.concatenate(parts, axis=1), np.float32)


def _unit(rows: Features) -> Features:
    rows = rows.astype(np.float32)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.divide(rows, length, out=np.zeros_like(rows), where=length > 1e-6)
    return np.asarray(unit, np.float32)


def _waves() -> Features:
    """The DCT-II, scaled so that a wave as high as the picture is long 1."""
    order, place = np.arange(_LAYOUT)[:, None], np.arange(_LAYOUT)[None, :]
    scale = np.where(order == 0, 1.0, np.sqrt(2)) / _LAYOUT
    return (scale * np.cos(np.pi * (2 * place + 1) * order / (2 * _LAYOUT))).astype(np.float32)


def _order() -> npt.NDArray[np.int64]:
    """The lowest frequencies first."""
    down, across = np.divmod(np.arange(_LAYOUT**2), _LAYOUT)
    return np.lexsort((down, np.maximum(down, across), down + across))


_WAVES, _ORDER = _waves(), _order()


def _decode(path: str, into: Features) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=("JPEG", "PNG")) as image:
                into[:] = _pixels(image)
    except UNDECODABLE:
        return


def _pixels(image: Image.Image) -> Features:
    image.draft("YCbCr", (_SIDE, _SIDE))
    if image.mode.startswith("I"):  # levels of 16 bits
        grey = image.convert("F").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
        levels = np.asarray(grey, np.float32) / _DEEP - 128
        return np.stack([levels, levels * 0, levels * 0], axis=2)
    if image.mode not in ("YCbCr", "RGB"):
        image = image.convert("RGB")
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR).convert("YCbCr")
    return np.asarray(small, np.float32) - 128


def _remembered(folder: Path, wanted: pl.DataFrame) -> pl.DataFrame:
    """What is known of these images; what cannot be read is as good as nothing."""
    files = sorted(folder.glob("*.parquet"))
    if len(files) > _MOST_FILES:
        files = _gathered(folder, files)
    parts = [_read(file).join(wanted, on="image", how="semi") for file in files]
    return pl.concat([_SCHEMA.to_frame(), *parts]).unique("image", keep="first")


def _gathered(folder: Path, files: Sequence[Path]) -> list[Path]:
    """The same files, the small ones put together."""
    tables = {file: _read(file) for file in files}
    small = {file: table for file, table in tables.items() if table.height < _PIECE // 2}
    if len(small) < 2:
        return list(files)
    together = folder / f"{secrets.token_hex(8)}.parquet"
    write_table(pl.concat(small.values()).unique("image", keep="first"), together)
    for file in small:
        file.unlink(missing_ok=True)
    return [together, *(file for file in files if file not in small)]


def _read(file: Path) -> pl.DataFrame:
    try:
        found = read_table(file)
    except StoreError:
        return _SCHEMA.to_frame()
    if found.schema != _SCHEMA:
        return _SCHEMA.to_frame()
    return found.filter(pl.col("feature").bin.size() == 2 * DIMENSIONS)
