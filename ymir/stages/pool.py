"""The images that may be mined, a few columns or a few rows at a time: there may be millions."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from ymir.data.lots import lots
from ymir.data.table import SCHEMA, by_image, gathered, is_distinct
from ymir.media.tables import images_in, read_pieces, read_table, write_table
from ymir.plan.stage import RoundOf
from ymir.stages.again import sent_again
from ymir.stages.kind import Work
from ymir.stages.leakage import gates_of, without_leaks
from ymir.stages.places import given_back
from ymir.stages.tables import TABLE, datasets, images_of, project_of

_NARROW = ("image", "width", "height", "bytes", "format")  # what jobs are told of an image
_AT_ONCE = 50_000  # rows that are held at a time
_USED = {"training": "training.parquet", "mine": "mined.parquet"}  # what of a round is taken
_REST = [name for name in SCHEMA if name != "objects"]


def candidates(work: Work) -> pl.DataFrame:
    """The pool without what was used or mined before, and what may not be trained on.

    Nothing is there of what is on the images, or of what their files are called.
    """
    data = project_of(work).data
    pool = _pool(work, data.mining)
    taken = pl.concat([labelled(work), sent_again(work).select("image")])
    held_out = {"held out": datasets(work, (*data.validation, *data.testing))}
    free = pool.join(taken, on="image", how="anti", maintain_order="left")
    return without_leaks(work, free, held_out).select(_NARROW)


def labelled(work: Work) -> pl.DataFrame:
    """The images that are trained on, and those that were picked before and did not come back."""
    whole: list[Path] = []
    parts: list[pl.DataFrame] = []
    for name in work.stage.inputs:
        file = _USED.get(name.rpartition("/")[2]) if "/" in name else None
        if file is None:
            continue
        path, back = work.store.open(name) / file, given_back(work, name)
        if name.endswith("/training") or back.is_empty():
            whole.append(path)
        else:
            images = read_table(path, columns=["image"])
            parts.append(images.join(back, on="image", how="anti"))
    return pl.concat([images_in(whole), *parts]).unique(maintain_order=True)


def looked_at(work: Work, pool: pl.DataFrame) -> pl.DataFrame:
    """Of the candidates, those that the round looks at: all, or the next part of the pool.

    Which part an image is of, its digest and the seed decide by lot; parts are as large as `chunk`
    says, about. Of parts with nothing left the next one comes.
    """
    size = work.stage.settings.get("chunk")
    place = RoundOf.of(work.stage.name)
    if not isinstance(size, int) or place is None or pool.is_empty():
        return pool
    whole = sum(images_of(work, name).height for name in project_of(work).data.mining)
    count = max(1, -(-whole // size))
    part = (lots(pool["image"], seed=_seed(work)) % np.uint64(count)).astype(np.int64)
    further = (part - (place.number - 1)) % count  # than the part whose turn it is
    return pool.filter(pl.Series(further == further.min()))


def pieces(work: Work, images: pl.DataFrame, *, at_once: int = _AT_ONCE) -> Iterator[pl.DataFrame]:
    """The rows of these images without objects, in the order of their digests, some at a time.

    Datasets have an order of their own: a large pool is sorted on disk.
    """
    ends = images["image"].sort().gather_every(at_once)
    folder = work.folder / "sorted"
    shutil.rmtree(folder, ignore_errors=True)
    few: list[pl.DataFrame] = []
    for number, rows in enumerate(_unsorted(work, images)):
        if len(ends) <= 1:
            few.append(rows)
            continue
        heap = rows.with_columns(heap=ends.search_sorted(rows["image"], side="right"))
        for (at,), part in heap.group_by("heap"):
            write_table(part.drop("heap"), folder / f"{at:06}" / f"{number:06}.parquet")
    if few:
        yield pl.concat(few).sort("image")
    for each in sorted(folder.glob("*")):
        yield pl.concat(read_table(file) for file in sorted(each.iterdir())).sort("image")
        shutil.rmtree(each)


def _unsorted(work: Work, images: pl.DataFrame) -> Iterator[pl.DataFrame]:
    left = images.select("image")
    bare = pl.lit([], dtype=SCHEMA["objects"])
    names = project_of(work).data.mining
    for name in names:
        for piece in read_pieces(work.store.open(name) / TABLE, columns=_REST):
            rows = piece.join(left, on="image", how="semi", maintain_order="left")
            if rows.height:
                yield rows.with_columns(objects=bare).select(SCHEMA.names())
        if len(names) > 1:
            left = left.join(images_of(work, name), on="image", how="anti")


def _pool(work: Work, names: Sequence[str]) -> pl.DataFrame:
    """Every image of the pool once, in the order of their digests."""
    columns = [*_NARROW, *(["tags"] if gates_of(work).groups else [])]
    tables = [read_table(work.store.open(name) / TABLE, columns=columns) for name in names]
    rows = pl.concat(tables).with_columns(file=pl.lit(""))
    if is_distinct(rows["image"]):
        return by_image(rows)
    twice = rows.filter(pl.col("image").is_duplicated()).select("image")
    datasets(work, names, among=twice)  # refuses what they label differently
    return gathered(rows, rows["image"].is_first_distinct().arg_true()).pipe(by_image)


def _seed(work: Work) -> int:
    return int(str(work.stage.settings["seed"]))
