"""Which labels count for an image that several people answered for.

`agree` is majority voting on boxes: the boxes of all answers are put together into objects, as
weighted boxes fusion does it (Solovyev, Wang and Gabruseva 2021), but an answer may add only one
box to an object, and an object that half of the answers or fewer have is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from ymir.data.answers import LABELLED, chosen
from ymir.data.pairing import Object, pairs

Choice = Literal["latest", "agree", "all"]
_SIDES = ("x", "y", "w", "h")


def counting(answers: pl.DataFrame, choose: Choice) -> pl.DataFrame:
    """`image` and `objects` of each labelled image; an answer with a star counts by itself."""
    newest = chosen(answers)
    if choose == "latest":
        return newest
    labelled = answers.filter(pl.col("state") == LABELLED)
    starred = labelled.filter("star")["image"].unique()
    several = labelled.filter(
        pl.col("image").is_duplicated() & ~pl.col("image").is_in(starred.implode())
    )
    if several.is_empty():
        return newest
    together = _put_together(several, choose)
    alone = newest.join(together, on="image", how="anti")
    return pl.concat([alone, together])


def _put_together(several: pl.DataFrame, choose: Choice) -> pl.DataFrame:
    in_order = several.sort("at", "copy", descending=[True, False], nulls_last=True)
    rows = []
    for (image,), answers in in_order.group_by("image", maintain_order=True):
        said = answers["objects"].to_list()
        objects = _objects(said)
        if choose == "agree":
            kept = [each.mean for each in objects if 2 * len(each.boxes) > len(said)]
        else:
            kept = [each.boxes[0] for each in objects]
        rows.append({"image": image, "objects": kept})
    return pl.DataFrame(rows, schema={name: several.schema[name] for name in ("image", "objects")})


@dataclass(frozen=True)
class _Drawn:
    """An object, as one answer or several have drawn it; the newest one first."""

    boxes: list[Object]

    @property
    def mean(self) -> Object:
        """The newest answer's object, in the middle of all boxes; a mask keeps its own box."""
        newest = self.boxes[0]
        if newest["mask"] is not None:
            return newest
        middle = {side: sum(each[side] for each in self.boxes) / len(self.boxes) for side in _SIDES}
        return {**newest, **middle}


def _objects(said: list[list[Object]]) -> list[_Drawn]:
    """The boxes of several answers, put together; each answer adds one box to an object at most."""
    found: list[_Drawn] = []
    for answer in said:
        partners = {
            second: first for first, second, _ in pairs([each.mean for each in found], answer)
        }
        for place, each in enumerate(answer):
            if place in partners:
                found[partners[place]].boxes.append(each)
            else:
                found.append(_Drawn([each]))
    return found
