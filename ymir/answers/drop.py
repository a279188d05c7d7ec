"""All that people dropped into the folder of a batch, as answers; every mistake in it at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

import polars as pl

from ymir.answers import plain
from ymir.answers.documents import document, images_in
from ymir.answers.dropped import Dropped, Files, by_name
from ymir.answers.rows import Mistake, Said, Taken, taken
from ymir.answers.skips import skips
from ymir.answers.tasks import tasks
from ymir.contracts.labeling import Batch
from ymir.data.table import fingerprints
from ymir.errors import DataError

Kind = Literal["voc", "coco", "yolo", "labelstudio"]

_FILE = ("image", "copy")


class Begun(NamedTuple):
    """The files that have an answer; there may be more where it is not sure."""

    names: Collection[str]
    is_sure: bool


def read(batch: Batch, files: Dropped, sent: Files, only: Kind | None = None) -> Taken:
    """The answers in some files, all or `only` those of one kind."""
    documents = [document(files.folder, name) for name in files.documents]
    listed = [each.name for each in documents if each.kind == "labelstudio"]
    bad = [Mistake(each.name, each.problem) for each in documents if each.problem]

    def whole() -> Iterator[Said]:
        if only in ("voc", None):
            yield from plain.voc(files, sent)
        if only in ("yolo", None):
            yield from plain.yolo(files, sent)
        if only in ("coco", None):
            for each in documents:
                if each.kind == "coco":
                    yield from plain.coco(files, each.name, sent)

    one = _folded(taken(batch, whole()))
    many = taken(batch, tasks(files, listed if only in ("labelstudio", None) else (), sent))
    none = taken(batch, skips(files, sent))
    rows = (one.rows, many.rows, none.rows.unique(_FILE, keep="first", maintain_order=True))
    clashing = [*_clashes(*rows[:2]), *_clashes(rows[0], rows[2]), *_clashes(*rows[1:])]
    mistakes = (*files.mistakes, *bad, *one.mistakes, *many.mistakes, *none.mistakes, *clashing)
    return Taken(pl.concat(rows), mistakes)


def begun(files: Dropped, sent: Files) -> Begun:
    """The images that any file is about, by name alone."""
    known = by_name(sent)
    found, is_sure = {*files.voc, *files.yolo}, True
    for each in (document(files.folder, name) for name in files.documents):
        try:
            found |= set(images_in(files.folder, each, known))
            is_sure = is_sure and not each.problem
        except DataError:
            is_sure = False
    skipped = {(said.image, said.copy) for said in skips(files, sent)}
    found |= {name for name, key in sent.items() if key in skipped}
    return Begun(frozenset(found), is_sure)


def _folded(answers: Taken) -> Taken:
    """An image that several files label alike has one answer; they must not contradict."""
    rows = answers.rows.with_columns(fingerprints(answers.rows).alias("said"))
    different = rows.group_by(_FILE, maintain_order=True).agg("source", pl.col("said").n_unique())
    mistakes = [
        Mistake(" and ".join(sources), "the same image, labelled differently")
        for sources in different.filter(pl.col("said") > 1)["source"]
    ]
    once = answers.rows.unique(_FILE, keep="first", maintain_order=True)
    return Taken(once, (*answers.mistakes, *mistakes))


def _clashes(one: pl.DataFrame, other: pl.DataFrame) -> Iterator[Mistake]:
    """Images to which two kinds of answers say something."""
    both = one.join(other, on=_FILE).unique(_FILE, keep="first", maintain_order=True)
    for first, second in both.select("source", "source_right").iter_rows():
        yield Mistake(first, f"there is another answer: {second}; take one of them out")
