"""Images that people look at again: sent ahead of what is mined, and taken home.

First go those that the project lists, then those with suspicious labels, then those that may show a
class which was added after they were labelled. See `places` for where they are.
"""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.data.corrections import corrected, replaced
from ymir.data.ops.filter import filter_labels
from ymir.data.table import SCHEMA
from ymir.media.tables import read_table, write_table
from ymir.picking.batch import MINED
from ymir.plan.relabel import CORRECTED, INPUT, LEFT, NEW_CLASS, ROOM, SENT, SUSPICIOUS
from ymir.stages import unseen
from ymir.stages.doubted import doubted
from ymir.stages.kind import Work
from ymir.stages.picked import picked
from ymir.stages.places import HERE, places
from ymir.stages.tables import labels_of, of_round

AGAIN = "again.parquet"  # of a `mine` stage: what goes back, with the labels that it has
ANSWERS = "corrected.parquet"  # of a `label` stage: datasets' images as people corrected them

LISTED = "listed"  # why an image goes back: this, or `SUSPICIOUS`, or `NEW_CLASS`

_FOUND = "again.parquet"  # in the stage's own folder, until it is made
_WHY = pl.Schema({"kind": pl.String(), "score": pl.Float64(), "why": pl.String()})
_ROW = pl.Schema([*HERE.items(), ("is_fresh", pl.Boolean()), *_WHY.items()])


def is_asked(work: Work) -> bool:
    """Whether this batch takes images back."""
    return ROOM in work.stage.settings


def find_again(work: Work) -> None:
    """Look up what is known to go back, once, so that later edits of lists change nothing."""
    found = [_ROW.to_frame()]
    if INPUT in work.recipe.inputs:
        why = pl.format("listed in {}", "list")
        found.append(_rows(picked(work), LISTED, score=pl.lit(0.0), why=why))
    doubts = doubted(work).join(found[-1], on="image", how="anti", maintain_order="left")
    found.append(_rows(_placed(work, doubts), SUSPICIOUS))
    write_table(pl.concat(found), work.folder / _FOUND)


def sent_again(work: Work) -> pl.DataFrame:
    """Of that, what this batch takes back, in order, as far as the label budget reaches."""
    if not is_asked(work):
        return _ROW.to_frame()
    found = read_table(work.folder / _FOUND)
    return _first(found, room(work))


def with_unseen(work: Work, again: pl.DataFrame) -> pl.DataFrame:
    """The same, then what may show a new class, as far as the label budget reaches."""
    if not unseen.is_asked(work):
        return again
    found = unseen.may_show(work)
    more = found.join(again, on="image", how="anti", maintain_order="left")
    rows = _rows(_placed(work, more), NEW_CLASS)
    return _first(pl.concat([again, rows]), room(work))


def room(work: Work) -> int | None:
    """How many images may go out at all; None where nothing limits them."""
    given = work.stage.settings.get(ROOM)
    return max(given, 0) if isinstance(given, int) else None


def with_again(mined: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """What was mined, after what goes back; `origin` is where that is from.

    Of mined images it is null, or the share that they are picked for: `control` or `empty`.
    """
    first = again.unique("image", keep="first", maintain_order=True).select(
        "image", "origin", "score", "why", rank=pl.int_range(1, pl.len() + 1)
    )
    share = pl.when(pl.col("origin") != MINED).then(pl.col("origin"))
    rest = mined.with_columns(origin=share, rank=pl.col("rank") + first.height)
    columns = ["image", "score", "why", "rank", "origin"]
    return pl.concat([first.select(columns), rest.select(columns)], how="vertical_relaxed")


def facts_of(work: Work, again: pl.DataFrame) -> dict[str, JsonValue]:
    """How many images go back and why, how many had no room, and whose labels are looked at."""
    listed = _count(read_table(work.folder / _FOUND), LISTED)
    asked = {SUSPICIOUS: SUSPICIOUS in work.stage.settings, NEW_CLASS: unseen.is_asked(work)}
    return {
        SENT: again["image"].n_unique(),
        LEFT: listed - _count(again, LISTED),
        **{kind: _count(again, kind) for kind, is_wanted in asked.items() if is_wanted},
        CORRECTED: by_dataset(again),
    }


def write_again(again: pl.DataFrame, into: Path) -> None:
    """Keep what goes back with its labels; of the pool, nobody knows any yet."""
    write_table(again.filter(~pl.col("is_fresh")).select(HERE.names()), into / AGAIN)


def again_of(work: Work, mine: str) -> pl.DataFrame:
    """What the batch of a `mine` stage took back, with the labels that it had."""
    path = work.store.open(mine) / AGAIN
    return read_table(path) if path.exists() else HERE.to_frame()


def known_of(again: pl.DataFrame) -> pl.DataFrame:
    """Each image that went back once, as a row of a dataset."""
    return again.unique("image", keep="first", maintain_order=True).select(SCHEMA.names())


def shown_of(again: pl.DataFrame, classes: Sequence[str]) -> pl.DataFrame:
    """The same with the boxes that people are shown: those of the classes they are asked for."""
    return filter_labels(known_of(again), labels=classes)


def learned(work: Work, answers: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """Of the answers, the images that may be learned from; no dataset's images but the pool's."""
    ours = again.filter(pl.col("dataset").is_null())
    others = again.join(ours, on="image", how="anti")
    kept = answers.join(others, on="image", how="anti", maintain_order="left")
    objects = corrected(ours, kept.join(ours, on="image", how="semi"), labels=labels_of(work))
    return replaced(kept, objects)


def corrections(work: Work, answers: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """`dataset`, and its images as people corrected them."""
    parts = [HERE.to_frame().drop("origin")]
    held = again.filter(pl.col("dataset").is_not_null())
    for (dataset,), rows in held.group_by("dataset", maintain_order=True):
        said = answers.join(rows, on="image", how="semi", maintain_order="left")
        objects = corrected(rows, said, labels=labels_of(work))
        whole = rows.drop("objects").join(objects, on="image", maintain_order="left")
        parts.append(whole.select(pl.lit(dataset).alias("dataset"), *SCHEMA.names()))
    return pl.concat(parts)


def by_dataset(rows: pl.DataFrame) -> dict[str, JsonValue]:
    """How many images of each dataset are among the rows."""
    held = rows.drop_nulls("dataset").group_by("dataset").len().sort("dataset")
    return dict(held.iter_rows())


def answers_for(work: Work, label: str, dataset: str) -> pl.DataFrame:
    """What people corrected in a dataset, in one round."""
    said = of_round(work, label, ANSWERS)
    return said.filter(pl.col("dataset") == dataset).drop("dataset")


def _placed(work: Work, images: pl.DataFrame) -> pl.DataFrame:
    """These images in each place that has labels of them."""
    found = images.join(places(work, images), on="image", how="inner", maintain_order="left")
    return found.filter(~pl.col("is_fresh"))


def _rows(found: pl.DataFrame, kind: str, **more: pl.Expr) -> pl.DataFrame:
    return found.with_columns(kind=pl.lit(kind), **more).select(_ROW.names()).cast(_ROW)


def _first(found: pl.DataFrame, images: int | None) -> pl.DataFrame:
    """The rows of so many images, in order."""
    if images is None:
        return found
    first = found["image"].unique(maintain_order=True).head(images)
    return found.filter(pl.col("image").is_in(first.implode()))


def _count(found: pl.DataFrame, kind: str) -> int:
    return found.filter(pl.col("kind") == kind)["image"].n_unique()
