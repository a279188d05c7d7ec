"""The files of a batch: plain names, numbered, so that no two are alike and any tool takes them."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import PurePosixPath

import polars as pl

from ymir.contracts.labeling import Batch

_LONGEST = 80  # letters kept of an image's old name
_WORD = 6  # letters that stand for an image's old name
_UNFIT = re.compile(r"[^A-Za-z0-9_-]+")


def numbered(batch: Batch) -> pl.DataFrame:
    """A row per file that goes out: the batch's images, then those that go out twice, as `copy` 2.

    `file` is the rank and what is left of the old name. Where images go out twice, it is a word of
    this batch instead, for all of them: nobody should see which ones are copies.
    """
    again = batch.images.filter(pl.col("image").is_in(list(batch.twice)))
    files = pl.concat(
        [
            batch.images.with_columns(copy=pl.lit(1, pl.Int32)),
            again.with_columns(copy=pl.lit(2, pl.Int32)),
        ]
    )
    digits = len(str(files.height))
    stems = [
        f"{rank:0{digits}}-{_word(batch.key, rank) if batch.twice else _plain(file)}"
        for rank, file in enumerate(files["file"], start=1)
    ]
    named = pl.Series("file", stems, dtype=pl.String) + "." + files["format"]
    return files.with_columns(named)


def _word(key: str, rank: int) -> str:
    """Another one in each batch, so that answers to one are not taken for those to another."""
    return sha256(f"{key} {rank}".encode()).hexdigest()[:_WORD]


def _plain(file: str) -> str:
    return _UNFIT.sub("_", PurePosixPath(file).stem)[:_LONGEST]
