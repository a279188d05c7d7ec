"""Which images were taken together: of one camera, clip or place. They belong on one side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ymir.data.ops.tag import tag
from ymir.data.table import TAG, tag_of

_WORD = r"[^/]*[^/0-9_. -][^/]*?"  # not digits alone
PATTERNS: Sequence[tuple[str, str]] = (  # tag, and what finds it in a name; the first that fits
    ("folder", r"(?P<folder>[^/]+)/[^/]+$"),
    ("clip", rf"(?P<clip>{_WORD})[_. -]*[0-9]+[.][a-zA-Z]+$"),
    ("clip", rf"(?P<clip>{_WORD})[_. -]*[0-9]+_[a-zA-Z]+[.]rf[.]"),  # as Roboflow renames files
    ("source", r"(?P<source>[^/]+)[.]rf[.]"),  # copies that it made of one image
)
TAGS = (  # that say where an image is from
    *("group", "clip", "video", "sequence", "recording", "session", "flight", "scene"),
    *("camera", "site", "place", "location", "source"),
)
_FEWEST = 6  # groups; with fewer, one side would be one group
_LARGEST = 1 / 3  # of the images in one group
_COVERED = 0.9  # of the images are in a group
_TOGETHER = 1.5  # images of a group, on average


@dataclass(frozen=True)
class Grouping:
    """Images that have the same value of a tag belong together.

    `pattern` finds the tag in a file's name; it is None where the images have the tag already.
    """

    tag: str
    pattern: str | None
    values: pl.Series  # per image, null for one that stands alone

    @property
    def groups(self) -> int:
        """How many there are."""
        return self.values.drop_nulls().n_unique()


def grouping(images: pl.DataFrame) -> Grouping | None:
    """What parts these images into groups that can be kept together, if anything does.

    `images` has the columns `file` and `tags`.
    """
    for key in TAGS:
        values = tag_of(images, key)
        if _is_fit(values):
            return Grouping(key, None, values)
    bare = images.with_columns(tags=pl.lit([], pl.List(TAG)))
    for key, pattern in PATTERNS:
        values = tag_of(tag(bare, file=pattern), key)
        if _is_fit(values):
            return Grouping(key, pattern, values)
    return None


def _is_fit(values: pl.Series) -> bool:
    sizes: list[int] = values.drop_nulls().value_counts()["count"].to_list()
    whole = len(values)
    if len(sizes) < _FEWEST or sum(sizes) < whole * _COVERED:
        return False
    return max(sizes) <= whole * _LARGEST and sum(sizes) >= len(sizes) * _TOGETHER
