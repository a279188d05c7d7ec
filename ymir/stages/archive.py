"""What a model finds in a pool, written down as it comes: no more than a part is in memory."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from ymir.data.sparse import empty_fields, without_fields
from ymir.dvc.files import storing

_ROWS, _LEVEL = 50_000, 1  # as of other tables


class Archive:
    """A table of images with predictions, in parts below a folder until all are there."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._folder = folder
        self._parts: list[Path] = []
        self._empty: set[str] | None = None  # fields that say nothing of any object so far

    def add(self, images: pl.DataFrame) -> None:
        """Take in some rows; those of all calls have the same columns."""
        empty = empty_fields(images)
        self._empty = empty if self._empty is None else self._empty & empty
        part = self._folder / f"{len(self._parts):06}.parquet"
        with storing("what was found in the pool cannot be written"):
            self._folder.mkdir(parents=True, exist_ok=True)
            images.write_parquet(part, compression="zstd", compression_level=_LEVEL)
        self._parts.append(part)

    def write(self, path: Path) -> bool:
        """Put all into one table, in the order in which it came; False where there is nothing."""
        if not self._parts:
            return False
        rows = without_fields(pl.scan_parquet(self._parts), self._empty or set())
        with storing(f"the table `{path.name}` cannot be written"):
            rows.sink_parquet(
                path,
                compression="zstd",
                compression_level=_LEVEL,
                statistics=False,
                row_group_size=_ROWS,
                maintain_order=True,
            )
        shutil.rmtree(self._folder)
        return True
