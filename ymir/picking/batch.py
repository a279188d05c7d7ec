"""From scores to a batch: what every strategy shares."""

import polars as pl

from ymir.errors import ResultError

_HINT = "a strategy gives each image of the pool one finite score"


def pick(scored: pl.DataFrame, *, topk: int) -> pl.DataFrame:
    """The `topk` best as `image`, `score`, `why`, `rank` (1 is the best); of equals by image."""
    if (twice := scored.filter(pl.col("image").is_duplicated())["image"].sort()).len():
        raise ResultError(f"image `{twice[0]}` is scored twice", hint=_HINT)
    is_finite = pl.col("score").is_finite().fill_null(value=False)
    if (broken := scored.filter(~is_finite)["image"].sort()).len():
        raise ResultError(f"image `{broken[0]}` has no finite score", hint=_HINT)
    best = scored.sort("score", "image", descending=[True, False]).head(topk)
    return best.select("image", "score", "why", rank=pl.int_range(1, pl.len() + 1))
