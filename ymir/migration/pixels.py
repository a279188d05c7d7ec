"""Whether boxes were counted from 0 or from 1.

`mir import` keeps the corners of a VOC file as they are written, and VOC counts from 1. No file
says which a repository has, but boxes at the edges of images do: counted from 0, some begin at 0;
counted from 1, none does but by mistake, and many end a pixel behind their image. All boxes of a
repository are taken to be the same, because a detector that learnt from some counts as they do.
Masks and polygons come from COCO, and count from 0.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Literal

from ymir.migration.messages import Asset, Box

First = Literal["auto", "0", "1"]
_ENOUGH = 100_000  # boxes that stand for all
_SLIPS = 0.1  # of the boxes at an edge: so many may be mistakes


def counted_from(boxes: Iterable[tuple[Asset, Box]]) -> int:
    """0 or 1; 1, as VOC has it, where no box begins at 0."""
    begin_at_0 = end_behind = 0
    for asset, box in islice(boxes, _ENOUGH):
        begin_at_0 += box.x <= 0 or box.y <= 0
        end_behind += box.x + box.w > asset.width or box.y + box.h > asset.height
    return int(begin_at_0 <= _SLIPS * end_behind)
