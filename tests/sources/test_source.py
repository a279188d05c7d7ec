import os
import time
from pathlib import Path

from tests.media.pictures import picture, put, thing, voc, voc_folder
from ymir.dvc.objects import md5_of_bytes
from ymir.formats import voc as plugin
from ymir.plan.world import UNREAD
from ymir.sources.reading import changed
from ymir.sources.sight import Sight
from ymir.sources.source import FEW, Depth, look, planned_digest
from ymir.spec.source import Source


def age(folder: Path) -> None:
    """Make the files old enough to be trusted by their stamps; what changes keeps its time."""
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    time.sleep(2.1)


def digest(folder: Path) -> str | None:
    return planned(folder)


def test_a_folder_that_is_absent_has_no_digest(tmp_path):
    assert digest(tmp_path / "nowhere") is None


def test_the_digest_follows_names_and_contents_only(tmp_path):
    one, other = voc_folder(tmp_path / "one"), voc_folder(tmp_path / "other")
    before = digest(one)
    assert digest(other) == before
    put(one / "notes.txt", "not part of the dataset")
    assert digest(one) == before
    (one / "JPEGImages/0.jpg").rename(one / "JPEGImages/9.jpg")
    assert digest(one) != before
    put(other / "Annotations/0.xml", voc(thing("dog")))
    assert digest(other) not in (before, digest(one))


def test_unchanged_files_are_not_read_again(tmp_path):
    folder = voc_folder(tmp_path / "data")
    age(folder)
    before = digest(folder)
    (kept,) = (tmp_path / "cache").glob("*.seen")
    known = md5_of_bytes((folder / "JPEGImages/0.jpg").read_bytes()).encode()
    kept.write_bytes(kept.read_bytes().replace(known, b"0" * 32))  # what only the cache can say
    kept.with_suffix(".json").unlink()
    assert digest(folder) != before


def test_a_change_that_keeps_size_and_time_is_noticed(tmp_path):
    folder = voc_folder(tmp_path / "data")
    age(folder)
    before = digest(folder)
    path = put(folder / "Annotations/0.xml", voc(thing("bat")))
    os.utime(path, (1, 1))
    assert digest(folder) != before


def test_files_that_were_just_written_are_not_trusted(tmp_path):
    folder = voc_folder(tmp_path / "data")
    digest(folder)
    (kept,) = (tmp_path / "cache").glob("*.seen")
    assert len(Sight.load(kept)) == 0
    assert kept.stat().st_size > 0


def test_a_damaged_cache_is_as_good_as_none(tmp_path):
    folder = voc_folder(tmp_path / "data")
    before = digest(folder)
    (kept,) = (tmp_path / "cache").glob("*.seen")
    whole = kept.read_bytes()
    for damage in (
        b"", b"{", b"[]", b'{"layout":3}\n', whole.replace(b'"layout":3', b'"layout":2'),
        whole[:-3], whole + b"[]", whole.replace(b'"names"', b'"nomes"'), whole[1:],
    ):  # fmt: skip
        kept.write_bytes(damage)
        assert digest(folder) == before


def test_what_changes_under_the_hands_is_noticed(tmp_path):
    folder = voc_folder(tmp_path / "data")
    listing = plugin.listing(folder)
    seen = look(Source(format="voc", path="x"), folder, tmp_path / "cache").seen
    assert changed(str(folder), seen, listing.annotations) == []
    put(folder / "Annotations/1.xml", voc())
    (folder / "Annotations/2.xml").unlink()
    assert changed(str(folder), seen, listing.annotations) == [
        "Annotations/1.xml",
        "Annotations/2.xml",
    ]


def test_an_image_that_cannot_be_used_says_why(tmp_path):
    put(tmp_path / "a.jpg", picture()[:-2])
    put(tmp_path / "b.jpg", b"")
    seen = look(Source(format="voc", path="x"), tmp_path, tmp_path / "cache").seen
    assert "cut off" in str(seen["a.jpg"].problem)
    assert "empty" in str(seen["b.jpg"].problem)


def planned(
    folder: Path, *, is_recorded: bool = True, depth: Depth = "folders", few: int = FEW
) -> str | None:
    source = Source(format="voc", path=folder.name)
    cache = folder.parent / "cache"
    return planned_digest(
        source, folder.parent, cache, is_recorded=is_recorded, depth=depth, few=few
    )


def test_a_source_that_was_never_imported_is_not_read_for_a_plan(tmp_path):
    folder = voc_folder(tmp_path / "data")
    assert planned(folder, is_recorded=False) == UNREAD
    assert not (tmp_path / "cache").exists()
    assert planned(tmp_path / "nowhere", is_recorded=False) is None


def test_what_a_first_import_would_read_is_known_where_somebody_approves_it(tmp_path):
    folder = voc_folder(tmp_path / "data")
    approved = planned(folder, is_recorded=False, depth="all")
    assert approved not in (None, UNREAD)
    assert approved == planned(folder)
    (folder / "Annotations/0.xml").write_text(voc(thing("dog")))
    assert planned(folder, is_recorded=False, depth="all") != approved


def test_a_large_source_is_planned_by_its_folders_and_looked_at_file_by_file_on_demand(tmp_path):
    folder = voc_folder(tmp_path / "data")
    age(folder)
    before = planned(folder)
    file = folder / "Annotations/0.xml"
    file.write_text(voc(thing("dog")))  # in place: its folder does not show it
    assert planned(folder, few=5) == before
    assert planned(folder, few=5, depth="files") not in (None, before)


def test_a_file_that_comes_or_goes_shows_in_the_plan_of_a_large_source(tmp_path):
    folder = voc_folder(tmp_path / "data")
    (folder / "empty").mkdir()
    age(folder)
    before = planned(folder)
    put(folder / "empty/9.jpg", picture(9))
    assert planned(folder, few=5) != before
    (folder / "empty/9.jpg").unlink()
    (folder / "Annotations/0.xml").unlink()
    assert planned(folder, few=5) != before


def test_a_folder_that_was_just_changed_is_not_trusted_by_its_times(tmp_path):
    folder = voc_folder(tmp_path / "data")
    age(folder)
    put(folder / "JPEGImages/3.jpg", picture(3))
    planned(folder)
    assert not list((tmp_path / "cache").glob("*.json"))
