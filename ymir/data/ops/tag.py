"""Tag images by what stands in the names of their files."""

import polars as pl

from ymir.data.table import TAG, tag_of
from ymir.errors import DataError


def tag(images: pl.DataFrame, *, file: str) -> pl.DataFrame:
    """Give each image the tags that the named groups of a pattern find in its file's name.

    `file` is a regular expression of Rust's `regex`, searched anywhere in the name, which has its
    folders, with `/`. An image that has such a tag keeps it; one whose name does not fit gets none.
    """
    try:
        found = images.select(pl.col("file").str.extract_groups(file)).to_series().struct.unnest()
    except pl.exceptions.ComputeError as error:
        raise DataError(
            f"`{file}` is no pattern: {error}",
            hint="see https://docs.rs/regex/latest/regex/#syntax",
        ) from error
    for key in found.columns:
        value = found[key].set(found[key] == "", None)
        images = _tagged(images, key, value.set(tag_of(images, key).is_not_null(), None))
    return images


def _tagged(images: pl.DataFrame, key: str, value: pl.Series) -> pl.DataFrame:
    """The images with one more tag, where there is a value."""
    pair = pl.struct(key=pl.lit(key), value=value).cast(TAG)
    more = (
        pl.when(value.is_not_null()).then(pl.concat_list(pair)).otherwise(pl.lit([], pl.List(TAG)))
    )
    return images.with_columns(tags=pl.concat_list("tags", more))
