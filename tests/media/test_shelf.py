"""What is stored is what was read, and a user's file is never written to."""

import os

from tests.media.pictures import put
from ymir.dvc.objects import md5_of_bytes
from ymir.media.shelf import Shelf


def test_a_file_that_was_replaced_after_it_was_read_is_not_stored_under_the_old_name(tmp_path):
    (tmp_path / "cache").mkdir()
    path = put(tmp_path / "a.jpg", b"new")  # as it is now; `old` is what was read and hashed
    digest = md5_of_bytes(b"old")
    Shelf(str(tmp_path / "cache"), "link").put(digest, str(path), b"old")
    assert (tmp_path / "cache" / digest[:2] / digest[2:]).read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_a_link_that_a_killed_run_left_is_never_written_through(tmp_path):
    digest = md5_of_bytes(b"old")
    folder = tmp_path / "cache" / "00"
    folder.mkdir(parents=True)
    path = put(tmp_path / "a.jpg", b"edited by its owner since")
    os.link(path, folder / f"00-{os.getpid()}.tmp")  # process numbers come again
    again = put(tmp_path / "b.jpg", b"old")
    Shelf(str(tmp_path / "cache"), "write").put(digest, str(again), b"old")
    assert path.read_bytes() == b"edited by its owner since"
