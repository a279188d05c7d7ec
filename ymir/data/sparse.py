"""Objects as they are stored: without the fields that say nothing of any of them."""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from ymir.data.table import OBJECT

# what each of these is of an object that has none; they cost as much to store as any other
_EMPTY: Mapping[str, Any] = {"score": None, "crowd": False, "mask": None, "attributes": []}
_KINDS = {field.name: field.dtype for field in OBJECT.fields}


def sparse(table: pl.DataFrame) -> pl.DataFrame:
    """The table, its objects without the fields that are empty throughout."""
    empty = empty_fields(table)
    return without_fields(table.lazy(), empty).collect() if empty else table


def empty_fields(table: pl.DataFrame) -> set[str]:
    """The fields that say nothing of any object of the table."""
    if table.schema.get("objects") != pl.List(OBJECT):
        return set()
    objects = table["objects"].explode(empty_as_null=False)
    if objects.null_count():  # an object that is null is not one whose fields are
        return set()
    return {name for name in _EMPTY if _is_empty(objects.struct.field(name))}


def without_fields(table: pl.LazyFrame, empty: Collection[str]) -> pl.LazyFrame:
    """The table, its objects without these fields."""
    if not empty:
        return table
    fields = [_of(name) for name in _KINDS if name not in empty]
    return table.with_columns(pl.col("objects").list.eval(pl.struct(fields)))


def whole(table: pl.DataFrame) -> pl.DataFrame:
    """The table, its objects with all their fields; one that has no objects stays what it is."""
    kind = table.schema.get("objects")
    if not (isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct)):
        return table
    stored = {field.name: field.dtype for field in kind.inner.fields}
    lacking = [name for name in _KINDS if name not in stored]
    is_ours = all(_KINDS.get(name) == dtype for name, dtype in stored.items())
    if not lacking or not is_ours or not _EMPTY.keys() >= set(lacking):
        return table
    empty = {name: pl.lit(_EMPTY[name], dtype=_KINDS[name]) for name in lacking}
    return _with_fields(
        table, [empty[name].alias(name) if name in empty else _of(name) for name in _KINDS]
    )


def _with_fields(table: pl.DataFrame, fields: list[pl.Expr]) -> pl.DataFrame:
    return table.with_columns(pl.col("objects").list.eval(pl.struct(fields)))


def _of(name: str) -> pl.Expr:
    return pl.element().struct.field(name)


def _is_empty(field: pl.Series) -> bool:
    if field.dtype == pl.Boolean:
        return not field.null_count() and not field.any()
    if field.dtype == pl.List:
        return not field.null_count() and not (field.list.len() > 0).any()
    return field.null_count() == field.len()
