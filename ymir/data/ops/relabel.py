"""Give boxes other classes."""

from collections.abc import Collection, Mapping

import polars as pl


def relabel(
    images: pl.DataFrame, *, names: Mapping[str, str], drop: Collection[str] = ()
) -> pl.DataFrame:
    """Rename the classes of boxes, all at once, and drop those of the classes in `drop`.

    `{van: car, car: van}` exchanges two classes; two that get one name are merged.
    """
    label = pl.element().struct.field("label")
    kept = pl.element().filter(~label.is_in(list(drop)))
    renamed = kept.struct.with_fields(pl.field("label").replace(dict(names)))
    return images.with_columns(pl.col("objects").list.eval(renamed))
