"""Tables as Parquet files: equal tables make equal bytes, so equal versions share objects."""

import secrets
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from ymir.data.sparse import sparse, whole
from ymir.dvc.files import force, storing
from ymir.errors import StoreError
from ymir.media.workers import apart

_LONGEST = 300  # letters of what Polars says
_ROWS = 50_000  # in one row group, read and written at a time
# What reading raises: Polars panics over some files that are damaged, or made to do harm.
BROKEN = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)
_LEVEL = 1  # of zstd: what these tables hold gets no smaller from 2 to 4, and slower to write


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table; the file appears whole."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with storing(f"the table `{path.name}` cannot be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _in_pieces(sparse(table)).write_parquet(
                partial,
                compression="zstd",
                compression_level=_LEVEL,
                statistics=False,
                row_group_size=_ROWS,
            )
            force(partial)
            partial.replace(path)
        except pl.exceptions.PolarsError as error:  # Polars does not raise OSError for a full disk
            raise StoreError(
                f"the table `{path.name}` cannot be written: {error}",
                hint="make room on the disk and run again",
            ) from error
        finally:
            partial.unlink(missing_ok=True)


def _in_pieces(table: pl.DataFrame) -> pl.DataFrame:
    """The same rows, each row group in memory of its own.

    How Polars encodes a slice of nested columns depends on the whole that it is cut from, and takes
    time for all of that; only joining two parts makes a copy.
    """
    pieces = [
        pl.concat([piece.head(1), piece.slice(1)], rechunk=True)
        for piece in table.iter_slices(_ROWS)
    ]
    return pl.concat(pieces, rechunk=False) if table.height else table


def read_table(path: Path, *, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read a table back, or some of its columns."""
    try:
        return whole(pl.read_parquet(path, columns=None if columns is None else list(columns)))
    except BROKEN as error:
        raise _unreadable(path, error) from error


def read_foreign(path: Path, copy: Path) -> pl.DataFrame:
    """Read a table of a stranger, by way of a copy that another process writes to `copy`.

    Polars ends the process over some bytes, e.g. where a page says that it has -1 values. Raises
    `StoreError` for whatever cannot be read.
    """
    hint = "ask who made it"
    died = StoreError(f"the table `{path}` cannot be read: whoever tries dies of it", hint=hint)
    apart(partial(_copy, path, copy), died=died)
    return read_table(copy)


def _copy(path: Path, copy: Path) -> None:
    write_table(read_table(path), copy)


def images_in(paths: Sequence[Path]) -> pl.DataFrame:
    """The column `image` of many tables, in their order: read at once, each costs next to none."""
    if not paths:
        return pl.DataFrame(schema={"image": pl.String})
    try:
        scanned = pl.scan_parquet(list(paths), missing_columns="insert", extra_columns="ignore")
        return scanned.select("image").collect()
    except BROKEN:  # one by one, the one that cannot be read is named
        return pl.concat([read_table(path, columns=["image"]) for path in paths])


def read_pieces(path: Path, *, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a table in order, some at a time: no more than those are in memory."""
    try:
        scanned = pl.scan_parquet(path)
        wanted = scanned if columns is None else scanned.select(columns)
        height = scanned.select(pl.len()).collect().item()
        for at in range(0, height, _ROWS):
            yield whole(wanted.slice(at, _ROWS).collect())
    except BROKEN as error:
        raise _unreadable(path, error) from error


def read_some(path: Path, images: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table that are among `images`, in the table's order."""
    found = [
        piece.join(images, on="image", how="semi", maintain_order="left")
        for piece in read_pieces(path)
    ]
    return pl.concat(found) if found else read_table(path)


def _unreadable(path: Path, error: BaseException) -> StoreError:
    hint = "bring it back with `ymir pull`"
    why = " ".join(str(error).split())[:_LONGEST]
    return StoreError(f"the table `{path}` cannot be read: {why}", hint=hint)
