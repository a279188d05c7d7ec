"""Two opinions of the same images as one."""

import polars as pl


def blended(scored: pl.DataFrame, own: pl.DataFrame, *, weight: float) -> pl.DataFrame:
    """The scores of a strategy joined with the executor's `own`: the places that both give.

    Scores of different kinds cannot be added, so each is replaced by the image's place in the
    whole pool: the share of images that it is at least as good as; equals share the middle of
    their places. The new score is the mean of both places, in which `own` weighs `weight`. An image
    that the executor does not name has the place 0 there; one that only it names is left out.
    """
    theirs = own.select("image", own=_place())
    both = scored.join(theirs, on="image", how="left", maintain_order="left")
    place = pl.col("own").fill_null(0.0)
    why = pl.format("{}; above {} % for the executor", "why", (100 * place).floor().cast(pl.Int64))
    score = (1 - weight) * _place() + weight * place
    return both.with_columns(score=score, why=why).select(scored.columns)


def _place() -> pl.Expr:
    return pl.col("score").rank("average") / pl.len()
