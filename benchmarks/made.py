"""What is measured with, the same every time: images, annotations, tables, hashes."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from PIL import Image

from ymir.data.table import OBJECT, SCHEMA, TAG

CLASSES = ("person", "car", "dog", "cat")
LABELS = tuple(f"class-{number:02}" for number in range(20))
SIZE = 64  # pixels: small images, so that the work per image shows and not the disk
WIDTH, HEIGHT = 1280, 720
PER_FOLDER = 1_000


def write_voc(folder: Path, numbers: range) -> Path:
    """A data set of distinct images with about five boxes each, one per number."""
    for name in ("images", "gt"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        chance = random.Random(number)
        (folder / "images" / f"{number:07}.jpg").write_bytes(_picture(chance))
        write_annotation(folder, number, chance)
    return folder


def write_annotation(folder: Path, number: int, chance: random.Random) -> None:
    """The boxes of one image."""
    stem = f"{number:07}"
    (folder / "gt" / f"{stem}.xml").write_text(_annotation(chance, stem))


def _picture(chance: random.Random) -> bytes:
    cells = Image.frombytes("RGB", (8, 8), chance.randbytes(8 * 8 * 3))
    file = io.BytesIO()
    cells.resize((SIZE, SIZE), Image.Resampling.NEAREST).save(file, "JPEG", quality=75)
    return file.getvalue()


def _annotation(chance: random.Random, stem: str) -> str:
    objects = "".join(_object(chance) for _ in range(chance.randint(3, 7)))
    size = f"<size><width>{SIZE}</width><height>{SIZE}</height><depth>3</depth></size>"
    about = f"<folder>images</folder><filename>{stem}.jpg</filename>{size}"
    return f"<annotation>{about}<segmented>0</segmented>{objects}</annotation>"


def _object(chance: random.Random) -> str:
    width, height = chance.randint(6, SIZE // 2), chance.randint(6, SIZE // 2)
    x, y = chance.randint(1, SIZE - width), chance.randint(1, SIZE - height)
    corners = {"xmin": x, "ymin": y, "xmax": x + width - 1, "ymax": y + height - 1}
    box = "".join(f"<{name}>{value}</{name}>" for name, value in corners.items())
    plain = "<pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>"
    return f"<object><name>{chance.choice(CLASSES)}</name>{plain}<bndbox>{box}</bndbox></object>"


def write_pictures(folder: Path, numbers: range, *, side: int = 8) -> Path:
    """Valid JPEG files, a thousand in a folder: one picture, each with a number of its own."""
    template = _noise(side)
    for at in range(numbers.start, numbers.stop, PER_FOLDER):
        part = folder / f"{at // PER_FOLDER:05}"
        part.mkdir(parents=True, exist_ok=True)
        for number in range(at, min(at + PER_FOLDER, numbers.stop)):
            with open(f"{part}/{number:08}.jpg", "wb") as file:  # noqa: PTH123 - a million of them
                file.write(numbered(template, number))
    return folder


def _noise(side: int) -> bytes:
    picture = Image.frombytes("RGB", (side, side), random.Random(side).randbytes(side * side * 3))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


def numbered(picture: bytes, number: int) -> bytes:
    """A JPEG file with a comment segment behind its first marker."""
    comment = f"number {number:012}".encode()
    return picture[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]


def table(count: int, *, seed: int, first: int = 0, boxes: int = 5) -> pl.DataFrame:
    """A dataset with `boxes` per image on average: whole pixels, twenty classes, few tags."""
    chance = np.random.default_rng(seed)
    digits = chance.bytes(16 * count).hex()
    rows = pl.DataFrame(
        {
            "row": np.arange(count),
            "image": [digits[at : at + 32] for at in range(0, 32 * count, 32)],
            "file": [f"train/{number:07}.jpg" for number in range(first, first + count)],
            "bytes": chance.integers(60_000, 180_000, count),
            "tags": _cameras().gather(chance.integers(0, 20, count)),
        }
    ).with_columns(width=WIDTH, height=HEIGHT, format=pl.lit("jpg"))
    objects = _objects(np.repeat(np.arange(count), chance.poisson(boxes, count)), chance)
    joined = rows.join(objects, on="row", how="left", maintain_order="left")
    full = joined.with_columns(pl.col("objects").fill_null([]))
    return full.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items()).rechunk()


def _cameras() -> pl.Series:
    tags = [[{"key": "camera", "value": f"camera-{number:02}"}] for number in range(20)]
    return pl.Series(tags, dtype=pl.List(TAG))


def _objects(row: npt.NDArray[np.int64], chance: np.random.Generator) -> pl.DataFrame:
    """The objects of each row, as `row` says it of each object; some classes are rare."""
    count = len(row)
    often = 1 / np.arange(1, len(LABELS) + 1)
    label = pl.Series(LABELS).gather(chance.choice(len(LABELS), count, p=often / often.sum()))
    w, h = chance.integers(8, 400, count), chance.integers(8, 400, count)
    x, y = chance.integers(0, WIDTH - w), chance.integers(0, HEIGHT - h)
    attributes = pl.Series([[], [{"key": "occluded", "value": "true"}]], dtype=pl.List(TAG))
    has_any = pl.Series(chance.random(count) < 0.05).cast(pl.UInt32)
    boxes = pl.DataFrame({"label": label, "x": x, "y": y, "w": w, "h": h}).with_columns(
        score=None, crowd=False, mask=None, attributes=attributes.gather(has_any)
    )
    typed = boxes.select(pl.col(field.name).cast(field.dtype) for field in OBJECT.fields)
    both = pl.DataFrame({"row": row, "objects": typed.to_struct()})
    return both.group_by("row", maintain_order=True).agg("objects")


def hashes(count: int, planted: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """Random hashes with pairs among them that differ in 1 to 8 bits; and these: two rows, bits."""
    chance = np.random.default_rng(1)
    made = chance.integers(0, 1 << 64, count, dtype=np.uint64)
    one, other = np.split(chance.permutation(count)[: 2 * planted], 2)
    bits = np.arange(planted) % 8 + 1
    order = np.argsort(chance.random((planted, 64)), axis=1).astype(np.uint64)
    flips = np.uint64(1) << order
    flips[np.arange(64) >= bits[:, None]] = 0
    made[other] = made[one] ^ np.bitwise_or.reduce(flips, axis=1)
    return made, np.stack([np.minimum(one, other), np.maximum(one, other), bits], axis=1)
