"""Images that people look at again: found where they are, sent first, and taken home.

A row of the table is an image in one place that holds it: a dataset of the project, to be corrected
there, or (without `dataset`) the batches, whose answers are learned from. What models are judged on
is never in the latter.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from pydantic import JsonValue

from ymir.data.corrections import corrected, replaced
from ymir.data.ops.filter import filter_labels
from ymir.data.table import SCHEMA
from ymir.errors import DataError
from ymir.media.tables import read_table, write_table
from ymir.plan.relabel import CORRECTED, INPUT, LEFT, SENT
from ymir.plan.stage import RoundOf
from ymir.spec.picked import digest_of_picked, read_picked
from ymir.spec.pins import dataset_of
from ymir.stages.kind import Work
from ymir.stages.leakage import without_leaks
from ymir.stages.tables import datasets, labels_of, listed, of_round, project_of, table_of

AGAIN = "again.parquet"  # of a `mine` stage: what goes back, with the labels that it has
ANSWERS = "corrected.parquet"  # of a `label` stage: datasets' images as people corrected them

_FOUND = "again.parquet"  # in the stage's own folder, until it is made
_SHOWN = 3  # images that a message names
_PLACE = pl.Schema({"dataset": pl.String(), "origin": pl.String()})
_HERE = pl.Schema([*_PLACE.items(), *SCHEMA.items()])
_ROW = pl.Schema([*_HERE.items(), ("list", pl.String()), ("is_fresh", pl.Boolean())])


def is_asked(work: Work) -> bool:
    """Whether this batch takes images back."""
    return INPUT in work.recipe.inputs


def find_listed(work: Work) -> None:
    """Look up what the project lists, once, so that later edits of the lists change nothing."""
    files = _files(work)
    picked = read_picked(work.workspace, files)
    if digest_of_picked(picked) != work.recipe.inputs[INPUT]:
        raise DataError(f"{listed(files)} changed meanwhile", hint="run `ymir apply` again")
    wanted = pl.DataFrame(
        {"image": list(picked), "list": list(picked.values())},
        schema={"image": pl.String, "list": pl.String},
    ).join(_answered(work), on="image", how="anti", maintain_order="left")
    found = wanted.join(_places(work, wanted), on="image", how="left", maintain_order="left")
    _refuse_unknown(work, found.filter(pl.col("origin").is_null()))
    _refuse_leaking(work, found.filter("is_fresh"))
    write_table(found.select(_ROW.names()), work.folder / _FOUND)


def sent_again(work: Work) -> pl.DataFrame:
    """What this batch takes back, in the order of the lists, as far as the label budget reaches."""
    if not is_asked(work):
        return _ROW.to_frame()
    found = read_table(work.folder / _FOUND)
    room = work.stage.settings.get("room")
    images = found["image"].unique(maintain_order=True)
    return found.filter(pl.col("image").is_in(images.head(_limit(room, len(images))).implode()))


def with_listed(mined: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    """What was mined, after what goes back; `origin` is where that is from."""
    first = again.unique("image", keep="first", maintain_order=True).select(
        "image",
        "origin",
        score=pl.lit(0.0),
        why=pl.format("listed in {}", "list"),
        rank=pl.int_range(1, pl.len() + 1),
    )
    rest = mined.with_columns(origin=pl.lit(None, pl.String), rank=pl.col("rank") + first.height)
    columns = ["image", "score", "why", "rank", "origin"]
    return pl.concat([first.select(columns), rest.select(columns)], how="vertical_relaxed")


def facts_of(work: Work, again: pl.DataFrame) -> dict[str, JsonValue]:
    """How many images go back, how many had no room, and whose labels are looked at."""
    found = read_table(work.folder / _FOUND)["image"].n_unique()
    sent = again["image"].n_unique()
    return {SENT: sent, LEFT: found - sent, CORRECTED: by_dataset(again)}


def write_again(again: pl.DataFrame, into: Path) -> None:
    """Keep what goes back with its labels; of the pool, nobody knows any yet."""
    write_table(again.filter(~pl.col("is_fresh")).select(_HERE.names()), into / AGAIN)


def again_of(work: Work, mine: str) -> pl.DataFrame:
    """What the batch of a `mine` stage took back, with the labels that it had."""
    path = work.store.open(mine) / AGAIN
    return read_table(path) if path.exists() else _HERE.to_frame()


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
    parts = [_HERE.to_frame().drop("origin")]
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


def _files(work: Work) -> list[str]:
    files = work.stage.settings["relabel"]
    return [str(each) for each in files] if isinstance(files, list) else []


def _limit(room: JsonValue, wanted: int) -> int:
    return min(max(room, 0), wanted) if isinstance(room, int) else wanted


def _answered(work: Work) -> pl.DataFrame:
    """What went back in an earlier round, and was answered: nobody is asked twice."""
    done = [pl.DataFrame(schema={"image": pl.String})]
    for mine in (name for name in work.stage.inputs if name.endswith("/mine")):
        place = RoundOf.of(mine)
        table = read_table(work.store.open(mine) / "mined.parquet")
        if place and place.stage("label") in work.stage.inputs and "origin" in table.columns:
            done.append(table.drop_nulls("origin").select("image"))
    return pl.concat(done)


def _places(work: Work, wanted: pl.DataFrame) -> pl.DataFrame:
    """Where each image is: in datasets, in what people answered before, or new in the pool."""
    data = project_of(work).data
    apart = pl.concat(_held(work, (*data.testing, *data.validation), wanted))
    training = pl.concat(_held(work, data.training, wanted))
    held = pl.concat([apart, training]).unique(
        ["image", "dataset"], keep="first", maintain_order=True
    )
    batches = pl.concat(_batches(work, wanted)).unique("image", keep="last", maintain_order=True)
    ours = batches.join(apart, on="image", how="anti", maintain_order="left")
    known = pl.concat([held, ours])
    pool = pl.concat(_held(work, data.mining, wanted)).unique(
        "image", keep="first", maintain_order=True
    )
    fresh = pool.join(known, on="image", how="anti", maintain_order="left").with_columns(
        dataset=pl.lit(None, pl.String), objects=pl.lit([], dtype=SCHEMA["objects"])
    )
    return pl.concat(
        [known.with_columns(is_fresh=pl.lit(False)), fresh.with_columns(is_fresh=pl.lit(True))]
    )


def _held(work: Work, names: Sequence[str], wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield _HERE.to_frame()
    for name in names:
        dataset = pl.lit(dataset_of(name))
        rows = table_of(work, name).join(wanted, on="image", how="semi", maintain_order="left")
        yield rows.select(dataset.alias("dataset"), dataset.alias("origin"), *SCHEMA.names())


def _batches(work: Work, wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    yield _HERE.to_frame()
    for name in (name for name in work.stage.inputs if name.endswith("/label")):
        rows = of_round(work, name, "labelled.parquet").join(wanted, on="image", how="semi")
        origin = pl.lit(name.rsplit("/", 1)[0].replace("/", "-")).alias("origin")
        yield rows.select(pl.lit(None, pl.String).alias("dataset"), origin, *SCHEMA.names())


def _refuse_unknown(work: Work, unknown: pl.DataFrame) -> None:
    if unknown.height:
        files = unknown["list"].unique(maintain_order=True).to_list()
        project = project_of(work).name
        raise DataError(
            f"{unknown.height} images that {listed(files)} names are in no dataset and no batch of "
            f"`{project}`: {_named(unknown)}",
            hint="take these lines out, or add the datasets that hold them to the project",
        )


def _refuse_leaking(work: Work, fresh: pl.DataFrame) -> None:
    """What may not be learned from is not worth a label."""
    if fresh.is_empty():
        return
    data = project_of(work).data
    rows = fresh.select(SCHEMA.names())
    held_out = {"held out": datasets(work, (*data.validation, *data.testing))}
    leaking = rows.join(without_leaks(work, rows, held_out), on="image", how="anti")
    if leaking.height:
        raise DataError(
            f"{leaking.height} listed images of the pool tell what models are judged on, so nobody "
            f"may learn from them: {_named(leaking)}",
            hint="take these lines out; `gates` says what counts as telling",
        )


def _named(images: pl.DataFrame) -> str:
    first = ", ".join(f"`{each}`" for each in images["image"].head(_SHOWN))
    return f"{first} and {images.height - _SHOWN} more" if images.height > _SHOWN else first
