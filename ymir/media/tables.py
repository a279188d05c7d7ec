"""Tables as Parquet files: equal tables make equal bytes, so equal versions share objects."""

import secrets
from pathlib import Path

import polars as pl

from ymir.dvc.files import storing
from ymir.errors import StoreError

_ROWS = 50_000  # in one row group, read and written at a time


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table; the file appears whole."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with storing(f"the table `{path.name}` cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            table.write_parquet(partial, compression="zstd", statistics=False, row_group_size=_ROWS)
            partial.replace(path)
        except pl.exceptions.PolarsError as error:  # Polars does not raise OSError for a full disk
            raise StoreError(
                f"the table `{path.name}` cannot be written: {error}",
                hint="make room on the disk and run again",
            ) from error
        finally:
            partial.unlink(missing_ok=True)


def read_table(path: Path) -> pl.DataFrame:
    """Read a table back."""
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        hint = "bring it back with `ymir pull`"
        raise StoreError(f"the table `{path}` cannot be read: {error}", hint=hint) from error
