"""Whether boxes were counted from 0 or from 1.

`mir import` keeps the corners of a VOC file as they are written, and VOC counts from 1. No file
says which a repository has; its boxes do: one that starts at 0 was counted from 0; one that ends a
pixel behind its image was counted from 1. All of a repository is taken to be the same, because a
detector that learnt from its boxes counts as they do. Masks and polygons come from COCO, and count
from 0.
"""

from collections.abc import Iterable
from typing import Literal

from ymir.migration.messages import Asset, Box

First = Literal["auto", "0", "1"]


def counted_from(boxes: Iterable[tuple[Asset, Box]]) -> int:
    """0 or 1; 0 where no box shows it."""
    is_behind = False
    for asset, box in boxes:
        if box.x == 0 or box.y == 0:
            return 0
        is_behind = is_behind or box.x + box.w > asset.width or box.y + box.h > asset.height
    return int(is_behind)
