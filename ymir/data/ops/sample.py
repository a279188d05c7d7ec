"""Pick images at random, the same ones every time."""

import hashlib

import polars as pl


def sample(
    images: pl.DataFrame, *, count: int | None = None, share: float | None = None, seed: int
) -> pl.DataFrame:
    """Pick `count` images, or a `share` of them: those whose hash of (seed, image) is lowest.

    So images that are added to a dataset disturb an earlier pick as little as possible, and a
    smaller pick is part of a larger one.
    """
    size = count if count is not None else round((share or 0) * images.height)
    # A hash of our own choice: Polars' may differ from one release to the next.
    ranks = pl.Series(
        "rank",
        [
            hashlib.md5(f"{seed}:{image}".encode(), usedforsecurity=False).hexdigest()
            for image in images["image"]
        ],
        dtype=pl.String,
    )
    picked = images.with_columns(ranks).sort("rank", "image").head(size)
    return picked.drop("rank").sort("image")
