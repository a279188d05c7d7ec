"""The images of an album in one table: what judges, what was picked, what leaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from ymir.data.answers import LABELLED, states
from ymir.data.table import SCHEMA
from ymir.report.shown.album import MINED, TESTING, TRAINING
from ymir.report.shown.batches import KINDS, PICKED, RETURNED, Leak

_ABOUT = ("image", "file", "width", "height", "tags")


def gathered(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All parts in one table, each image once, and a column `row`; the first notes are kept."""
    rows = pl.concat([_plain(each) for each in parts])
    notes = rows.filter(pl.col("note") != "").unique("image", keep="first").select("image", "note")
    once = rows.unique("image", keep="first", maintain_order=True).drop("note")
    noted = once.join(notes, on="image", how="left", maintain_order="left")
    return noted.with_columns(pl.col("note").fill_null("")).with_row_index("row")


def testing_images(testing: pl.DataFrame) -> pl.DataFrame:
    """The images that models are judged on, with their truth."""
    return testing.with_columns(set=TESTING, note=pl.lit(""))


def mined_images(
    mined: pl.DataFrame,
    known: Sequence[pl.DataFrame | None],
    answers: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """The images that were picked, the best first: why, what people drew, and what they answered.

    `known` are the tables that say what an image is, the one with what people drew first. How an
    image was picked is a tag `PICKED`, and what they answered is one, `RETURNED`, so that the
    gallery filters by them.
    """
    rows = mined.sort("rank").select("image", "kind", note=_note())
    about = _known(rows, [each for each in known if each is not None])
    drawn = _objects(about, known[0]).with_columns(set=MINED)
    named = pl.col("kind").replace_strict(KINDS, default=pl.col("kind"), return_dtype=pl.String)
    tagged = _tagged(drawn, PICKED, named).drop("kind")
    return tagged if answers is None else _answered(tagged, answers)


def _note() -> pl.Expr:
    """Its rank, its score where the strategy gave one, and why it was picked."""
    rank = pl.format("rank {}", "rank")
    score = pl.format(", score {}", pl.col("score").round(3))
    is_scored = (pl.col("kind") == "mined") & pl.col("score").is_finite()
    said = pl.when(is_scored).then(pl.concat_str(rank, score)).otherwise(rank)
    return pl.format("{}: {}", said, pl.col("why").fill_null(""))


def _answered(images: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """The images, each tagged with what became of it in its batch."""
    known = images.join(states(answers), on="image", how="left", maintain_order="left")
    is_empty = (pl.col("state") == LABELLED) & (pl.col("objects").list.len() == 0)
    became = pl.when(is_empty).then(pl.lit("empty")).otherwise(pl.col("state"))
    return _tagged(known, RETURNED, became.fill_null("outstanding")).drop("state")


def _tagged(images: pl.DataFrame, key: str, value: pl.Expr) -> pl.DataFrame:
    """The images with one tag more."""
    kind, tag = SCHEMA["tags"], pl.struct(key=pl.lit(key), value=value)
    tags = pl.concat_list(pl.col("tags").cast(kind), pl.concat_list(tag).cast(kind))
    return images.with_columns(tags=tags)


def leaking_images(leaks: Sequence[Leak], training: pl.DataFrame | None) -> pl.DataFrame:
    """Both halves of each pair, and what they leak; those of training with what was learned."""
    halves = pl.DataFrame(list(_halves(leaks)), schema=["image", "named", "note"], orient="row")
    halves = halves.cast(pl.String).unique("image", keep="first", maintain_order=True)
    about = _known(halves, [] if training is None else [training])
    named = about.with_columns(
        pl.when(pl.col("file") == "").then("named").otherwise("file").alias("file")
    )
    return _objects(named, training).with_columns(set=TRAINING)


def _halves(leaks: Sequence[Leak]) -> Iterator[tuple[str, str, str]]:
    for each in leaks:
        yield each.image, each.file, f"beside `{each.other_file}` of {each.held_out}: {each.why}"
        yield each.other, each.other_file, f"beside `{each.file}` of training: {each.why}"


def _known(images: pl.DataFrame, tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The images with what the first table that holds each says of it; else with empty values."""
    schema = {name: SCHEMA[name] for name in _ABOUT}
    about = pl.concat([pl.DataFrame(schema=schema), *(each.select(_ABOUT) for each in tables)])
    first = about.join(images, on="image", how="semi").unique("image", keep="first")
    return images.join(first, on="image", how="left", maintain_order="left").with_columns(
        pl.col("file").fill_null(""),
        pl.col("width", "height").fill_null(0),
        pl.col("tags").fill_null([]),
    )


def _objects(images: pl.DataFrame, drawn: pl.DataFrame | None) -> pl.DataFrame:
    table = pl.DataFrame(schema=SCHEMA) if drawn is None else drawn
    objects = table.select("image", "objects").unique("image", keep="first")
    return images.join(objects, on="image", how="left", maintain_order="left").with_columns(
        pl.col("objects").fill_null([])
    )


def _plain(part: pl.DataFrame) -> pl.DataFrame:
    kinds = pl.Schema({name: SCHEMA[name] for name in (*_ABOUT, "objects")})
    own = pl.Schema({"set": pl.Int64, "note": pl.String})
    return part.select(*kinds, *own).cast({**kinds, **own})  # type: ignore[dict-item]  # a schema names no groups of columns
