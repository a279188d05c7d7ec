"""What people's answers make of boxes that were there before."""

from collections.abc import Collection

import polars as pl

from ymir.data.table import OBJECT

SLACK = 1.0  # pixels that a label tool may round an edge by: such a box was left as it was

_EDGES = (pl.col("x"), pl.col("y"), pl.col("x") + pl.col("w"), pl.col("y") + pl.col("h"))


def corrected(
    before: pl.DataFrame, answers: pl.DataFrame, *, labels: Collection[str]
) -> pl.DataFrame:
    """The images of `answers` with the objects that hold from now on: `image` and `objects`.

    A box that came back as it went out stays what it was, with its mask and attributes. People were
    asked for `labels` only: boxes of other classes stay, too. All else is as they answered.
    """
    was, said = _boxes(before), _boxes(answers)
    same = _same(was, said)
    kept = said.join(same, left_on="at", right_on="said_at", how="left").select(
        "image", "at", object=pl.coalesce("was", "object")
    )
    others = was.filter(
        ~pl.col("label").is_in(list(labels)) & ~pl.col("at").is_in(same["was_at"].implode())
    ).select("image", pl.col("at") + said.height, "object")
    boxes = pl.concat([kept, others]).sort("at").group_by("image", maintain_order=True)
    objects = boxes.agg(pl.col("object").alias("objects"))
    empty = pl.lit([], dtype=pl.List(OBJECT))
    found = answers.select("image").join(objects, on="image", how="left", maintain_order="left")
    return found.with_columns(pl.col("objects").fill_null(empty))


def replaced(images: pl.DataFrame, objects: pl.DataFrame) -> pl.DataFrame:
    """The images, each that `objects` has a row of with those objects; no image comes or goes."""
    new = objects.select("image", new="objects")
    return images.join(new, on="image", how="left", maintain_order="left").select(
        *(
            pl.coalesce("new", name).alias(name) if name == "objects" else name
            for name in images.columns
        )
    )


def _boxes(images: pl.DataFrame) -> pl.DataFrame:
    """A row per object: its image, the object whole, its label and its four edges."""
    objects = images.select("image", object="objects").explode("object").drop_nulls("object")
    fields = objects.select("image", "object", pl.col("object").struct.unnest())
    edges = [edge.alias(f"edge_{place}") for place, edge in enumerate(_EDGES)]
    return fields.select("image", "object", "label", *edges, at=pl.int_range(pl.len()))


def _same(was: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a box and the answer that left it as it was: `was`, `was_at`, `said_at`."""
    pairs = said.join(was, on=["image", "label"], suffix="_was")
    far = pl.max_horizontal(
        (pl.col(f"edge_{place}") - pl.col(f"edge_{place}_was")).abs()
        for place in range(len(_EDGES))
    )
    near = pairs.with_columns(far=far).filter(pl.col("far") <= SLACK).sort("far", "at", "at_was")
    first = near.unique("at", keep="first", maintain_order=True)
    once = first.unique("at_was", keep="first", maintain_order=True)
    return once.select(was="object_was", was_at="at_was", said_at="at")
