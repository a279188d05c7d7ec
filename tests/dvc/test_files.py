import pytest

from ymir.dvc.files import write_whole


def test_text_replaces_what_was_there(tmp_path):
    path = tmp_path / "folder" / "v1.dvc"
    write_whole(path, "old")
    write_whole(path, "new: é")
    assert path.read_text(encoding="utf-8") == "new: é"
    assert [each.name for each in path.parent.iterdir()] == ["v1.dvc"]


def test_a_failed_write_keeps_the_old_text(tmp_path):
    path = tmp_path / "v1.dvc"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["v1.dvc"]
