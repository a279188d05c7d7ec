"""What the last import made of files that have not changed since: it is used again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from ymir.contracts.format import Listing
from ymir.data.intake import Part
from ymir.dvc.objects import md5_of_bytes
from ymir.sources.memory import Memory
from ymir.sources.pieces import Reading
from ymir.sources.sight import Sight

_TABLES = ("rows", "rejected")


class Recalled(NamedTuple):
    """What is known of some images, and the images that are left to read."""

    parts: list[Part]
    left: Sequence[str]


def keep(memory: Memory, reading: Reading, whole: Part, seen: Sight) -> None:
    """Remember what was made of the images, with the digests of the annotations it came from."""
    said = pl.Series("said", seen.column("digest", whole.rows["annotation"]), pl.String)
    rows = whole.rows.with_columns(said)
    memory.keep_tables({"rows": rows, "rejected": whole.rejected}, _key(reading, seen))


def recall(memory: Memory, reading: Reading, listing: Listing, same: Sight) -> Recalled:
    """What is known of the images; `same` are the files that have not changed."""
    kept = memory.tables(_TABLES, _key(reading, same)) if listing.stem and len(same) else None
    if not kept:
        return Recalled([], listing.images)
    rows = kept["rows"].filter(_is_same(kept["rows"], same))
    rows = rows.filter(~pl.col("file").is_in(_newly_said(listing, rows)))
    known = set(rows["file"])
    left = [name for name in listing.images if name not in known]
    rejected = kept["rejected"].join(rows, on="file", how="semi", maintain_order="left")
    boxes = int(rows["objects"].list.len().sum()) + int(rejected["boxes"].sum())
    return Recalled([Part(rows.drop("said"), rejected, rows.height, boxes)], left)


def _key(reading: Reading, seen: Sight) -> str:
    """What besides an image and its annotation decides what is made of them."""
    shared = [*seen.column("digest", reading.shared)]
    return md5_of_bytes(json.dumps([*reading.meaning, shared], sort_keys=True).encode())


def _is_same(rows: pl.DataFrame, same: Sight) -> pl.Series:
    """Whether an image and its annotation hold what they held, row by row."""
    images = pl.Series(same.column("digest", rows["file"]), dtype=pl.String)
    said = rows["annotation"].is_null() | (
        pl.Series(same.column("digest", rows["annotation"]), dtype=pl.String) == rows["said"]
    )
    return (images == rows["image"]) & said


def _newly_said(listing: Listing, rows: pl.DataFrame) -> list[str]:
    """Images that have an annotation now of which their rows know nothing."""
    known = set(rows["annotation"].drop_nulls())
    stem = listing.stem or str
    loose = {stem(name) for name in listing.annotations if name not in known}
    return [name for name in listing.images if stem(name) in loose] if loose else []
