import os

import pytest

from tests.media.pictures import put
from ymir.errors import DataError
from ymir.media.files import files_under, read_file


def test_files_are_named_in_order_from_the_folder(tmp_path):
    for name in ("b/2.jpg", "a.xml", "b/1.jpg", ".hidden/c.jpg", ".d.jpg"):
        put(tmp_path / name, b"")
    assert files_under(tmp_path).names == ["a.xml", "b/1.jpg", "b/2.jpg"]


def test_links_may_not_lead_out_of_the_folder(tmp_path):
    secret = put(tmp_path / "secret.jpg", b"")
    inside = put(tmp_path / "data/a.jpg", b"")
    (tmp_path / "data/b.jpg").symlink_to(inside)
    (tmp_path / "data/c.jpg").symlink_to(secret)
    (tmp_path / "data/d").symlink_to(tmp_path)
    (tmp_path / "data/e.jpg").symlink_to(tmp_path / "nothing")
    names, refused = files_under(tmp_path / "data")
    assert names == ["a.jpg", "b.jpg"]
    assert "leads out" in refused["c.jpg"]
    assert "links to folders are not followed" in refused["d"]
    assert set(refused) == {"c.jpg", "d", "e.jpg"}


def test_names_that_are_not_text_are_refused(tmp_path):
    os.close(os.open(os.fsencode(tmp_path) + b"/\xff.jpg", os.O_CREAT))
    names, refused = files_under(tmp_path)
    assert names == []
    assert list(refused.values()) == ["its name is not UTF-8"]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        files_under(tmp_path / "nowhere")


@pytest.mark.parametrize("expected", [0, 9, 10, 11, 1000])
def test_a_file_is_read_whole_whatever_size_was_expected(tmp_path, expected):
    path = put(tmp_path / "a", b"0123456789")
    assert read_file(str(path), expected) == b"0123456789"


def test_of_a_huge_file_only_so_much_is_read(tmp_path):
    path = put(tmp_path / "a", b"x" * (40 << 20))
    assert 1000 < len(read_file(str(path), 10, most=1000)) < 20 << 20
