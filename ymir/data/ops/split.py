"""Cut a dataset into parts that share nothing, now and whatever is added later."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from ymir.data.lots import lots, lots_of_texts
from ymir.data.table import tag_of


def split(
    images: pl.DataFrame, *, parts: Mapping[str, float], take: str, by: str | None = None, seed: int
) -> pl.DataFrame:
    """One part of a dataset that is cut into `parts` by their shares; together they are all of it.

    An image's place is its own lot's, whatever else is there: images that are added move no other
    from one part to another, and shares are met as closely as chance has it. With `by`, images that
    have the same value of this tag share a lot; one without the tag draws its own.
    """
    names = sorted(parts)  # a mapping has no order once it has been written down
    ends = np.cumsum([parts[name] for name in names])[:-1]
    drawn = lots(images["image"], seed=seed)
    if by is not None:
        value = tag_of(images, by)
        of_groups = lots_of_texts(value.fill_null(""), seed=seed)
        drawn = np.where(value.is_null().to_numpy(), drawn, of_groups)
    place = np.searchsorted(ends, drawn / 2.0**64, side="right")
    return images.filter(pl.Series(place == names.index(take)))
