"""Zip archives: what is sound arrives byte for byte, what is not is refused whole."""

import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from tests.sources.origins.archives import dataset, found, zipped
from ymir.errors import DataError, StoreError
from ymir.sources.origins.budget import Limits
from ymir.sources.origins.zips import unpack_zip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_file_arrives_as_it_was(tmp_path: Path, folder: Path, method: int) -> None:
    content = {**dataset(), "ä/ö ü.txt": b"text", "empty": b"", "large": os.urandom(9 << 20)}
    unpack_zip(zipped(tmp_path / "a.zip", content, method), folder)
    assert found(folder) == content


def test_an_archive_in_an_archive_is_just_a_file(tmp_path: Path, folder: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"../x": b"x"}).read_bytes()
    unpack_zip(zipped(tmp_path / "a.zip", {"inner.zip": inner}), folder)
    assert found(folder) == {"inner.zip": inner}


def test_names_in_utf8_are_read_even_if_the_archive_does_not_say_so(
    tmp_path: Path, folder: Path
) -> None:
    file = zipped(tmp_path / "a.zip", {"XX.txt": b"x"})
    file.write_bytes(file.read_bytes().replace(b"XX", "é".encode()))
    unpack_zip(file, folder)
    assert found(folder) == {"é.txt": b"x"}


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"X.txt": b"x"})
    file.write_bytes(file.read_bytes().replace(b"X", b"\xe9"))
    with pytest.raises(DataError, match="not UTF-8"):
        unpack_zip(file, folder)


def test_a_name_that_claims_to_be_utf8_and_is_not_is_refused(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"éé.txt": b"x"})
    file.write_bytes(file.read_bytes().replace("é".encode(), b"\xe9\xe9"))
    with pytest.raises(DataError, match="not a whole zip archive"):
        unpack_zip(file, folder)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil", "leads out"),
        ("a/../../evil", "leads out"),
        ("/etc/evil", "absolute"),
        ("a\\..\\evil", "backslash"),
        ("a\nb", "control character"),
        ("a\x7fb", "control character"),
        ("x" * 256, "too long"),
        ("/".join(["x" * 200] * 6), "too long"),
        (".", "empty"),
    ],
)
def test_a_name_that_could_do_harm_is_refused(
    tmp_path: Path, folder: Path, name: str, why: str
) -> None:
    file = zipped(tmp_path / "a.zip", {"ok": b"x", name: b"evil"})
    with pytest.raises(DataError, match=why):
        unpack_zip(file, folder)
    assert found(tmp_path) == {"a.zip": file.read_bytes()}  # nothing was written, anywhere


def test_a_name_that_ends_at_a_zero_byte_is_refused(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"aXb": b"x"})
    file.write_bytes(file.read_bytes().replace(b"aXb", b"a\0b"))
    with pytest.raises(DataError, match="control character"):
        unpack_zip(file, folder)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.jpg", "A.JPG"), ("x/./a", "x/a"), ("caf\u00e9", "cafe\u0301"), ("straße", "STRASSE")],
)
def test_names_that_differ_in_case_or_spelling_only_are_refused(
    tmp_path: Path, folder: Path, one: str, other: str
) -> None:
    with pytest.raises(DataError, match="another file has this name"):
        unpack_zip(zipped(tmp_path / "a.zip", {one: b"1", other: b"2"}), folder)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(tmp_path: Path, folder: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("a", "2")
    with pytest.raises(DataError, match="another file has this name"):
        unpack_zip(tmp_path / "a.zip", folder)


def test_a_file_that_is_also_a_folder_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="`a` as a file and as a folder"):
        unpack_zip(zipped(tmp_path / "a.zip", {"a": b"", "a/b/c": b""}), folder)


@pytest.mark.parametrize(
    ("kind", "why"),
    [(stat.S_IFLNK, "is a link"), (stat.S_IFIFO, "no plain file"), (stat.S_IFBLK, "no plain")],
)
def test_links_and_devices_are_refused(tmp_path: Path, folder: Path, kind: int, why: str) -> None:
    entry = zipfile.ZipInfo("photo.jpg")
    entry.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(DataError, match=f"photo.jpg.*{why}"):
        unpack_zip(tmp_path / "a.zip", folder)
    assert found(folder) == {}


def test_an_encrypted_file_is_refused(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"a": b"x"})
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"`a` in .* is encrypted") as caught:
        unpack_zip(file, folder)
    assert "path" in str(caught.value.hint)


def test_a_method_that_is_not_read_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="does not read"):
        unpack_zip(zipped(tmp_path / "a.zip", {"a": b"x"}, zipfile.ZIP_BZIP2), folder)


def test_an_archive_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "whole.zip", dataset(1)).read_bytes()
    for number, end in enumerate(range(0, len(whole), max(1, len(whole) // 40))):
        target = tmp_path / f"out{number}"
        target.mkdir()
        (tmp_path / "a.zip").write_bytes(whole[:end])
        with pytest.raises(DataError, match="not a whole zip archive"):
            unpack_zip(tmp_path / "a.zip", target)


def test_damage_in_a_file_is_found_by_its_checksum(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"good": b"x", "bad": b"y" * 100}, zipfile.ZIP_STORED)
    file.write_bytes(file.read_bytes().replace(b"yyyy", b"zyyy", 1))
    with pytest.raises(DataError, match=r"1 files of .* are damaged, e.g. `bad`: its checksum"):
        unpack_zip(file, folder)


def test_damage_in_the_packing_is_found(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"a": b"hello " * 99})
    content = bytearray(file.read_bytes())
    content[33] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        unpack_zip(file, folder)


@pytest.mark.parametrize(("size", "why"), [(10, "more than"), (200, "too early")])
def test_a_size_that_is_a_lie_is_found(tmp_path: Path, folder: Path, size: int, why: str) -> None:
    file = zipped(tmp_path / "a.zip", {"a": b"x" * 100})
    content = bytearray(file.read_bytes())
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", size)
    file.write_bytes(content)
    with pytest.raises(DataError, match=why):
        unpack_zip(file, folder)


def test_a_list_of_files_that_breaks_off_is_found(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"a": b"x", "b": b"y"})
    content = bytearray(file.read_bytes())
    content[content.index(b"PK\x01\x02") + 32] = 47  # a comment: all that follows
    file.write_bytes(content)
    with pytest.raises(DataError, match="1 of 2 files are listed"):
        unpack_zip(file, folder)


def test_a_name_that_is_another_before_its_content_is_found(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"a.jpg": b"x"})
    file.write_bytes(file.read_bytes().replace(b"a.jpg", b"b.jpg", 1))
    with pytest.raises(DataError, match="not where the archive says"):
        unpack_zip(file, folder)


def test_an_archive_of_more_files_than_the_old_format_can_count_is_whole(
    tmp_path: Path, folder: Path
) -> None:
    count = (1 << 16) + 5
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(count):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    with pytest.raises(
        DataError, match=f"more than {count - 1:,} files"
    ):  # nothing else is wrong with it
        unpack_zip(tmp_path / "a.zip", folder, Limits(files=count - 1))


def test_an_offset_that_leads_nowhere_is_found(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"a": b"x" * 100})
    content = bytearray(file.read_bytes())
    at = content.index(b"PK\x01\x02") + 42
    content[at : at + 4] = struct.pack("<I", 7)
    file.write_bytes(content)
    with pytest.raises(DataError, match="not where the archive says"):
        unpack_zip(file, folder)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, folder: Path) -> None:
    unpack_zip(zipped(tmp_path / "small.zip", {"zeros": bytes(9 << 20)}), folder)
    (tmp_path / "again").mkdir()
    with pytest.raises(DataError, match="more than 1,000 times its size"):
        unpack_zip(zipped(tmp_path / "a.zip", {"zeros": bytes(12 << 20)}), tmp_path / "again")
    assert found(tmp_path / "again") == {}


def test_files_that_share_their_packed_bytes_are_a_bomb(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", {"0": bytes(4 << 20)})
    whole = file.read_bytes()
    at, end = whole.index(b"PK\x01\x02"), whole.index(b"PK\x05\x06")
    entries = [whole[at : end - 1] + bytes([48 + number]) for number in range(10)]
    directory = b"".join(entries)
    tail = bytearray(whole[end:])
    tail[8:16] = struct.pack("<HHI", 10, 10, len(directory))
    file.write_bytes(whole[:at] + directory + tail)
    with pytest.raises(DataError, match="more than 1,000 times its size"):
        unpack_zip(file, folder)


def test_an_archive_of_far_too_many_files_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="more than 2 files"):
        unpack_zip(
            zipped(tmp_path / "a.zip", {"a": b"", "b": b"", "c": b""}), folder, Limits(files=2)
        )


def test_what_does_not_fit_the_disk_is_not_begun(tmp_path: Path, folder: Path) -> None:
    file = zipped(tmp_path / "a.zip", dataset())
    with pytest.raises(StoreError, match="too little room"):
        unpack_zip(file, folder, Limits(reserve=1 << 60))
    assert found(folder) == {}


def test_what_is_no_zip_archive_is_named(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"\x1f\x8bno")
    with pytest.raises(DataError, match=r"a\.zip` is not a whole zip archive") as caught:
        unpack_zip(tmp_path / "a.zip", folder)
    assert "tar" in str(caught.value.hint)


def test_an_empty_archive_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="holds no file"):
        unpack_zip(zipped(tmp_path / "a.zip", {"folder/": b""}), folder)
