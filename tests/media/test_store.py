import os
import resource
from pathlib import Path

import pytest

from tests.dvc.real import new_workspace, run_dvc
from tests.media.pictures import picture, put
from ymir.data.table import table
from ymir.dvc.objects import object_path
from ymir.errors import DataError, StoreError
from ymir.media.admission import Admission
from ymir.media.store import MediaStore
from ymir.sources.source import look
from ymir.spec.source import Source


@pytest.fixture
def media(tmp_path) -> MediaStore:
    return MediaStore(new_workspace(tmp_path / "workspace"))


def admissions(folder: Path) -> list[Admission]:
    source = Source(format="voc", path=str(folder))
    seen = look(source, folder, folder.parent / "cache").seen
    images = ((name, each) for name, each in seen.items() if each.format)
    return [
        Admission(f"{folder}/{name}", each.digest, each.bytes, each.format)
        for name, each in sorted(images)
    ]


def pictures(folder: Path, numbers: range, kind: str = "jpg") -> list[Admission]:
    for number in numbers:
        put(folder / f"{number}.{kind}", picture(number, kind=kind))
    return admissions(folder)


def batches(media: MediaStore) -> list[str]:
    return sorted(path.name for path in media.pool.glob("*.dvc"))


def test_images_become_read_only_objects_under_their_digests(media, tmp_path):
    files = pictures(tmp_path / "in", range(3))
    media.admit(files)
    found = media.locate([each.digest for each in files])
    for each in files:
        path = found[each.digest]
        assert path.read_bytes() == Path(each.path).read_bytes()
        assert path.stat().st_mode & 0o777 == 0o444


def test_editing_the_source_in_place_does_not_touch_the_store(media, tmp_path):
    large = put(tmp_path / "in/a.png", picture(kind="png") + bytes(100_000))
    os.utime(large, (1, 1))
    for each in pictures(tmp_path / "in", range(1)):
        media.admit([each])
        before = Path(each.path).read_bytes()
        with Path(each.path).open("r+b") as file:
            file.write(b"edited")
        assert object_path(media.cache, each.digest).read_bytes() == before
        assert os.access(each.path, os.W_OK)


def test_dvc_finds_nothing_to_do_after_an_import(media, tmp_path):
    media.admit(pictures(tmp_path / "in", range(5)))
    media.admit(pictures(tmp_path / "more", range(5, 8), "png"))
    assert len(batches(media)) == 2
    assert "up to date" in run_dvc(media.workspace / "media", "status")
    assert "no data or pipelines" in run_dvc(media.workspace, "status")


def test_admitting_again_makes_no_batch_and_new_images_make_one_of_their_own(media, tmp_path):
    media.admit(pictures(tmp_path / "in", range(3)))
    before = batches(media)
    media.admit(pictures(tmp_path / "in", range(3)))
    assert batches(media) == before
    media.admit(pictures(tmp_path / "in", range(4)))
    (fresh,) = set(batches(media)) - set(before)
    assert "nfiles: 1\n" in (media.pool / fresh).read_text()


def test_a_batch_is_named_by_what_is_in_it(tmp_path):
    stores = [MediaStore(new_workspace(tmp_path / name)) for name in ("one", "two")]
    for store in stores:
        store.admit(pictures(tmp_path / "in", range(3)))
    assert batches(stores[0]) == batches(stores[1])


def test_what_a_killed_import_left_is_finished_by_the_next(media, tmp_path):
    files = pictures(tmp_path / "in", range(3))
    media.admit(files)
    for path in media.pool.glob("*.dvc"):  # killed before the pointer was written
        path.unlink()
    object_path(media.cache, files[0].digest).unlink()
    media.admit(files)
    assert len(batches(media)) == 1
    assert "up to date" in run_dvc(media.workspace / "media", "status")


def test_what_a_killed_import_began_is_cleared_away(media, tmp_path):
    put(media.pool / ".0123abcd.tmp/aa/half.jpg", b"")
    media.admit(pictures(tmp_path / "in", range(3)))
    assert sorted(path.suffix for path in media.pool.iterdir()) == ["", ".dvc"]


def test_images_that_another_batch_lists_but_nobody_has_are_stored_again(media, tmp_path):
    files = pictures(tmp_path / "in", range(3))
    media.admit(files)
    for each in files[:2]:
        object_path(media.cache, each.digest).unlink()
    media.admit(pictures(tmp_path / "in", range(4)))
    assert len(media.locate([each.digest for each in files])) == 3
    assert len(batches(media)) == 2
    assert sorted(path.suffix for path in media.pool.iterdir()) == ["", "", ".dvc", ".dvc"]


def test_a_batch_shares_its_bytes_with_the_store(media, tmp_path):
    large = put(tmp_path / "in/a.png", picture(kind="png") + bytes(100_000))
    os.utime(large, (1, 1))
    for each in pictures(tmp_path / "in", range(2)):
        media.admit([each])
        (link,) = media.pool.glob(f"*/{each.digest[:2]}/{each.digest[2:]}.{each.format}")
        assert link.samefile(object_path(media.cache, each.digest))


def test_a_file_that_changes_before_it_is_stored_stops_the_import(media, tmp_path):
    for size in (0, 100_000):
        (each,) = pictures(tmp_path / f"in{size}", range(1))
        put(Path(each.path), picture(9) + bytes(size))
        with pytest.raises(DataError, match="changed while they were read"):
            media.admit([each])
    assert batches(media) == []


def test_a_file_that_changes_before_it_is_stored_leaves_no_object(media, tmp_path):
    path = put(tmp_path / "in/a.png", picture(kind="png") + bytes(100_000))
    (each,) = admissions(tmp_path / "in")
    put(path, picture(9, kind="png") + bytes(100_000))
    with pytest.raises(DataError, match="changed"):
        media.admit([each])
    assert not object_path(media.cache, each.digest).exists()


def test_an_image_is_in_one_batch_even_where_the_register_is_lost_or_torn(media, tmp_path):
    files = pictures(tmp_path / "in", range(3))
    media.admit(files[:2])
    for damage in (lambda file: file.unlink(), lambda file: file.write_bytes(b"torn")):
        (kept,) = (media.workspace / ".ymir/pool").iterdir()
        damage(kept)
        media.admit(files[:2])
        assert len(batches(media)) == 1
    media.admit(files)
    assert len(batches(media)) == 2


def test_missing_bytes_are_counted_and_the_way_out_is_named(media, tmp_path):
    files = pictures(tmp_path / "in", range(2))
    media.admit(files)
    object_path(media.cache, files[0].digest).unlink()
    with pytest.raises(StoreError, match="1 of 2 images") as caught:
        media.locate([each.digest for each in files])
    assert "`ymir pull`" in str(caught.value.hint)


def test_jobs_get_links_by_digest_and_linking_twice_is_linking_once(media, tmp_path):
    files = pictures(tmp_path / "in", range(3), "png")
    media.admit(files)
    images = table({"image": each.digest, "format": "png"} for each in files)
    for _ in range(2):
        links = media.link(images, tmp_path / "job/assets")
    for each in files:
        digest = each.digest
        assert links[digest] == tmp_path / "job/assets" / digest[-2:] / f"{digest}.png"
        assert links[digest].samefile(object_path(media.cache, digest))


def test_large_imports_are_registered_in_several_batches(media, tmp_path):
    media = MediaStore(media.workspace, batch=2)
    media.admit(pictures(tmp_path / "in", range(5)))
    assert len(batches(media)) == 3


def test_a_disk_that_refuses_leaves_nothing_half_written(media, tmp_path):
    files = pictures(tmp_path / "in", range(2))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # no file may grow beyond 100 bytes
    try:
        with pytest.raises(StoreError, match="an image cannot be stored"):
            media.admit(files)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not [path for path in media.cache.rglob("*") if path.is_file()]
    media.admit(files)
    assert len(batches(media)) == 1
