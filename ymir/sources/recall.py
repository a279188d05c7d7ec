"""What the last import made of files that have not changed since: it is used again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from ymir.contracts.format import Listing, Partners
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
    partners = listing.partners
    kept = memory.tables(_TABLES, _key(reading, same)) if partners and len(same) else None
    if not kept or not partners:
        return Recalled([], listing.images)
    rows = kept["rows"].filter(_is_same(kept["rows"], partners, same))
    known = set(rows["file"])
    left = [name for name in listing.images if name not in known]
    rejected = kept["rejected"].join(rows, on="file", how="semi", maintain_order="left")
    boxes = int(rows["objects"].list.len().sum()) + int(rejected["boxes"].sum())
    return Recalled([Part(rows.drop("said"), rejected, rows.height, boxes)], left)


def _key(reading: Reading, seen: Sight) -> str:
    """What besides an image and its annotation decides what is made of them."""
    shared = [*seen.column("digest", reading.shared)]
    return md5_of_bytes(json.dumps([*reading.meaning, shared], sort_keys=True).encode())


def _is_same(rows: pl.DataFrame, partners: Partners, same: Sight) -> pl.Series:
    """Whether an image and its annotation are the ones they were, and hold what they held."""
    files = rows["file"]
    partner = pl.Series(map(partners.of.get, files), dtype=pl.String)
    images = pl.Series(same.column("digest", files), dtype=pl.String)
    said = pl.Series(same.column("digest", partner), dtype=pl.String)
    is_said = rows["annotation"].is_null() | (said == rows["said"])
    is_clear = ~files.is_in(list(partners.clashing))
    return is_clear & (images == rows["image"]) & partner.eq_missing(rows["annotation"]) & is_said
