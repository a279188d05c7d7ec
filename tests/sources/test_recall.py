"""What an import makes of a source is the same whether it read all of it or only what is new."""

from pathlib import Path

import polars as pl
import pytest

from tests.dvc.real import new_workspace
from tests.media.pictures import picture, put, thing, voc, voc_folder
from tests.sources.test_source import age
from ymir.media.store import MediaStore
from ymir.media.tables import read_table, write_table
from ymir.sources.imports import import_source
from ymir.sources.reading import changed
from ymir.sources.sight import Sight
from ymir.spec.source import Source

LABELS = {"cat": "cat", "kitten": "cat", "dog": "dog"}


@pytest.fixture
def media(tmp_path) -> MediaStore:
    return MediaStore(new_workspace(tmp_path / "workspace"))


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three sound images, one that cannot be used, and one with a box outside."""
    folder = voc_folder(tmp_path / "data")
    put(folder / "JPEGImages/bad.jpg", b"")
    put(folder / "JPEGImages/out.jpg", picture(7))
    put(folder / "Annotations/out.xml", voc(thing(), thing(box=(1, 1, 64.5, 9)), thing("bird")))
    put(folder / "Annotations/stray.xml", voc())
    age(folder)
    return folder


def take(media, folder, labels=None, **more):
    settings = {"reject": "skip", "unknown_labels": "ignore", **more}
    source = Source(format="voc", path=str(folder), **settings)
    return import_source(source, media, labels=labels or LABELS)


def afresh(tmp_path, folder, **settings):
    """The same import where nothing is remembered."""
    return take(MediaStore(new_workspace(tmp_path / "other")), folder, **settings)


def assert_same(one, other):
    assert one.digest == other.digest
    assert one.intake.images.equals(other.intake.images)
    assert one.intake.rejected.equals(other.intake.rejected)
    assert one.intake.balance == other.intake.balance


def add(folder):
    put(folder / "JPEGImages/1a.jpg", picture(11))
    put(folder / "Annotations/1a.xml", voc(thing("dog"), thing("bird")))


def remove(folder):
    (folder / "JPEGImages/1.jpg").unlink()
    (folder / "Annotations/1.xml").unlink()


def mend(folder):
    put(folder / "JPEGImages/bad.jpg", picture(12))
    put(folder / "JPEGImages/stray.jpg", picture(13))


def relabel(folder):
    put(folder / "Annotations/0.xml", voc(thing("dog")))


def forget(folder):
    (folder / "Annotations/2.xml").unlink()


def say_twice(folder):
    put(folder / "annotations/1.xml", voc(thing("dog")))


def copy(folder):
    put(folder / "JPEGImages/0b.jpg", picture(1))


def spoil(folder):
    put(folder / "JPEGImages/0.jpg", picture(0)[:-2])


EDITS = [add, remove, mend, relabel, forget, say_twice, copy, spoil]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_gives_what_a_whole_import_would(media, folder, tmp_path, edit):
    take(media, folder)
    edit(folder)
    assert_same(take(media, folder), afresh(tmp_path, folder))


def test_edits_upon_edits_give_what_a_whole_import_would(media, folder, tmp_path):
    take(media, folder)
    for edit in EDITS:
        edit(folder)
        again = take(media, folder)
    assert_same(again, afresh(tmp_path, folder))


def test_other_names_for_labels_are_read_anew_without_reading_images(media, folder, tmp_path):
    take(media, folder)
    wider = {**LABELS, "bird": "bird"}
    again = take(media, folder, labels=wider)
    assert_same(again, afresh(tmp_path, folder, labels=wider))
    assert "bird" in str(again.intake.images["objects"].to_list())


def test_what_has_not_changed_is_not_read_again(media, folder):
    take(media, folder)
    (kept,) = (media.workspace / ".ymir/sources").glob("*.rows.parquet")
    rows = read_table(kept)
    write_table(rows.with_columns(width=pl.lit(4711, pl.Int32)), kept)  # what only memory can say
    add(folder)
    relabel(folder)
    images = take(media, folder).intake.images
    read = images.filter(pl.col("width") != 4711)["file"].to_list()
    assert read == ["JPEGImages/0.jpg", "JPEGImages/1a.jpg"]


def test_a_remembered_table_that_is_damaged_is_as_good_as_none(media, folder, tmp_path):
    take(media, folder)
    for kept in (media.workspace / ".ymir/sources").glob("*.parquet"):
        kept.write_bytes(b"PAR1")
    add(folder)
    assert_same(take(media, folder), afresh(tmp_path, folder))


def test_links_share_the_files_and_survive_being_replaced(media, folder):
    result = take(media, folder, store="link")
    row = result.intake.images.row(0, named=True)
    stored = media.locate([row["image"]])[row["image"]]
    assert stored.samefile(folder / row["file"])
    assert stored.stat().st_mode & 0o777 == 0o444
    put(folder / "new", b"other").replace(folder / row["file"])
    assert stored.read_bytes() != b"other"


def test_a_linked_source_is_up_to_date_after_its_import(media, folder):
    first = take(media, folder, store="link")
    assert take(media, folder, store="link").digest == first.digest
    (kept,) = (media.workspace / ".ymir/sources").glob("*.seen")
    media.link(first.intake.images, folder.parent / "job")  # one more name for each file
    assert changed(str(folder), Sight.load(kept), first.intake.images["file"]) == []
