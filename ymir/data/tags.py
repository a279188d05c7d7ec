"""What images are tagged with."""

from collections.abc import Mapping

import polars as pl


def tags_in(images: pl.DataFrame) -> Mapping[str, Mapping[str, int]]:
    """Key -> value -> how many images carry it; keys in order, the most frequent value first."""
    rows = images.select(pl.col("tags").explode()).drop_nulls().unnest("tags")
    counted = (
        rows.group_by("key", "value")
        .len()
        .sort("key", "len", "value", descending=[False, True, False])
    )
    found: dict[str, dict[str, int]] = {}
    for key, value, count in counted.iter_rows():
        found.setdefault(key, {})[value] = count
    return found
