"""What people said of images, taken in: labels named, boxes cut, every mistake told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from ymir.contracts.format import Found
from ymir.contracts.labeling import Batch
from ymir.data.answers import ANSWERS, LABELLED
from ymir.data.intake import checked
from ymir.errors import DataError
from ymir.sources.gather import Gathered
from ymir.sources.sight import Seen, Sight

_MOST = 100  # mistakes that a message names
_META = ("copy", "state", "by", "at", "seconds", "star", "why", "source")

# What an answer has that nothing else is known of.
_PLAIN = {
    "copy": pl.lit(1, pl.Int32),
    "state": pl.lit(LABELLED),
    "objects": pl.lit([], ANSWERS["objects"]),
    "by": pl.lit(None, pl.String),
    "at": pl.lit(None, pl.String),
    "seconds": pl.lit(None, pl.Float64),
    "star": pl.lit(value=False),
    "why": pl.lit(None, pl.String),
}


@dataclass(frozen=True)
class Said:
    """One answer to one image, as it was given; `source` is what a mistake in it is told of.

    `objects` are as in `ymir.contracts.format.Found`: labels as written, sides in pixels, or shares
    of the image where the answer `is_relative`. `declared` is the size that it takes the image for.
    The rest is as in `ymir.data.answers.ANSWERS`.
    """

    image: str  # its digest; of an image that is not in the batch, anything
    source: str
    objects: Sequence[Mapping[str, Any]] = ()
    copy: int = 1
    state: str = LABELLED
    is_relative: bool = False
    declared: tuple[int, int] | None = None
    problem: str | None = None
    by: str | None = None
    at: str | None = None
    seconds: float | None = None
    star: bool = False
    why: str | None = None


class Mistake(NamedTuple):
    """Why an answer cannot be used."""

    source: str
    why: str


@dataclass(frozen=True)
class Taken:
    """Answers without a mistake, as `ANSWERS` with their `source`; and every mistake."""

    rows: pl.DataFrame
    mistakes: tuple[Mistake, ...] = ()


def taken(batch: Batch, said: Iterable[Said]) -> Taken:
    """Name, check and cut the boxes as an import does, with labels it does not know as mistakes.

    A tool may keep the score of a model at a box that people have looked at; it is dropped.
    """
    sent, gathered, seen = _sent(batch), Gathered(), Sight()
    given: list[Said] = []
    for each in said:
        name = str(len(given))  # an image may have several answers, and a file any name
        given.append(each)
        gathered.add(
            Found(
                name,
                each.objects,
                declared=each.declared,
                annotation=each.source,
                problem=each.problem,
                is_relative=each.is_relative,
            )
        )
        seen.add([name], [sent.get(each.image) or _foreign(each)])
    boxes = gathered.boxes(seen).with_columns(score=pl.lit(None, pl.Float64))
    part = checked(gathered.found(seen), boxes, labels=batch.primary_names, unknown="stop")
    bad = part.rejected
    mistakes = tuple(
        Mistake(given[int(name)].source, why) for name, why in bad["file", "reason"].iter_rows()
    )
    good = part.rows.filter(~pl.col("file").is_in(bad["file"].implode()))
    said_of = good.select("file", "image", "objects").join(_meta(given), on="file", how="left")
    return Taken(
        said_of.sort("row").select(*ANSWERS.names(), "source"), tuple(dict.fromkeys(mistakes))
    )


def filled(answers: pl.DataFrame) -> pl.DataFrame:
    """Answers as a table of `ANSWERS`: a column that is not given says that nothing is known."""
    absent = {name: value for name, value in _PLAIN.items() if name not in answers.columns}
    return answers.with_columns(**absent).select(
        pl.col(name).cast(kind) for name, kind in ANSWERS.items()
    )


def refuse(mistakes: Iterable[Mistake], what: str, hint: str) -> None:
    """Raise, if there is any mistake, an error that names them all; `what` cannot be used."""
    lines = list(dict.fromkeys(f"\n  {source}: {why}" for source, why in mistakes))
    if not lines:
        return
    more = f"\n  and {len(lines) - _MOST} more" if len(lines) > _MOST else ""
    raise DataError(f"{what} cannot be used:{''.join(lines[:_MOST])}{more}", hint=hint)


def _sent(batch: Batch) -> dict[str, Seen]:
    """The images as they went out, by digest."""
    columns = ("image", "bytes", "width", "height", "format")
    return {
        image: Seen(size, 0, 0, image, width, height, kind)
        for image, size, width, height, kind in batch.images.select(columns).iter_rows()
    }


def _foreign(each: Said) -> Seen:
    return Seen(0, 0, 0, "", problem=each.problem or "it is not an image of this batch")


def _meta(given: Sequence[Said]) -> pl.DataFrame:
    """What each answer says beside its boxes, under the name that it is checked by."""
    schema = pl.Schema([*((name, ANSWERS[name]) for name in _META[:-1]), ("source", pl.String())])
    columns = {name: [getattr(each, name) for each in given] for name in _META}
    table = pl.DataFrame(columns, schema=schema).with_row_index("row")
    return table.with_columns(file=pl.col("row").cast(pl.String))
