from pathlib import Path

import pytest

from ymir.errors import ResultError
from ymir.jobs.outputs import inside, read_json, read_text, read_yaml


def test_a_file_below_the_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").write_text("x")
    assert inside(tmp_path, "a/b", "w") == tmp_path / "a/b"


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "b").symlink_to("a")
    assert read_text(tmp_path, "b") == "x"


@pytest.mark.parametrize("name", ["../x", "/x", "", "a/../../x", "a\0b"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ResultError, match="is not a file below"):
        inside(tmp_path / "out", name, "w")


def test_links_in_a_circle_are_missing(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a")
    with pytest.raises(ResultError, match="is missing"):
        inside(tmp_path, "a", "w")


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(ResultError, match="cannot be read as UTF-8"):
        read_text(tmp_path, "a")


def test_a_byte_order_mark_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path, "a") == {"a": 1}
    assert read_yaml(tmp_path, "a") == {"a": 1}
