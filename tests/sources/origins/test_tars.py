"""Tar archives: what is sound arrives byte for byte, what is not is refused."""

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.origins.archives import add, dataset, found, tarred
from ymir.errors import DataError, StoreError
from ymir.sources.origins.budget import Limits
from ymir.sources.origins.tars import unpack_tar


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def raw(*members: tuple[str, bytes, dict[str, object]]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", errors="surrogateescape") as archive:
        for name, content, odd in members:
            add(archive, name, content, **odd)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_file_arrives_as_it_was(tmp_path: Path, folder: Path, mode: str, kind: int) -> None:
    deep = "/".join(["folder"] * 20)
    content = {**dataset(), "ä/ö ü.txt": b"text", "empty": b"", "block": bytes(512), deep: b"x"}
    unpack_tar(tarred(tmp_path / "a.tar", content, mode, kind), folder)
    assert found(folder) == content


def test_a_large_file_arrives_as_it_was(tmp_path: Path, folder: Path) -> None:
    content = {"large": os.urandom(9 << 20), "after": b"x"}
    unpack_tar(tarred(tmp_path / "a.tar.gz", content, "w:gz"), folder)
    assert found(folder) == content


def test_what_the_tar_program_writes_is_read(tmp_path: Path, folder: Path) -> None:
    for name, content in dataset().items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    assert os.system(f"cd {tmp_path} && tar -C in -czf a.tgz .") == 0  # noqa: S605 - our own words
    unpack_tar(tmp_path / "a.tgz", folder)
    assert found(folder) == dataset()


@settings(max_examples=60, deadline=None)
@given(
    files=st.dictionaries(
        st.from_regex(r"\A[a-z0-9é_][a-z0-9é_ -]{0,200}(/[a-z0-9][a-z0-9.]{0,60}){0,3}\Z"),
        st.binary(max_size=2_000),
        min_size=1,
        max_size=8,
    ),
    kind=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_whatever_is_written_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], kind: int
) -> None:
    place = tmp_path_factory.mktemp("tar")
    (place / "out").mkdir()
    is_clear = not any(
        one != other and other.startswith(f"{one}/") for one in files for other in files
    )
    archive = tarred(place / "a.tar", files, kind=kind)
    if is_clear:
        unpack_tar(archive, place / "out")
        assert found(place / "out") == files
    else:
        with pytest.raises(DataError, match="as a file and as a folder"):
            unpack_tar(archive, place / "out")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil", "leads out"),
        ("a/../../evil", "leads out"),
        ("/etc/evil", "absolute"),
        ("a\\b", "backslash"),
        ("a\nb", "control character"),
        ("\udce9.jpg", "not UTF-8"),
        ("x" * 300, "too long"),
        (".", "empty"),
    ],
)
def test_a_name_that_could_do_harm_is_refused(
    tmp_path: Path, folder: Path, name: str, why: str
) -> None:
    tarred(tmp_path / "a.tar", {name: b"evil"}, kind=tarfile.GNU_FORMAT)
    with pytest.raises(DataError, match=why):
        unpack_tar(tmp_path / "a.tar", folder)
    assert found(folder) == {}
    assert {path.name for path in tmp_path.iterdir()} == {"a.tar", "out"}


@pytest.mark.parametrize("name", ["../evil", "/evil"])
def test_a_folder_that_leads_out_is_refused(tmp_path: Path, folder: Path, name: str) -> None:
    (tmp_path / "a.tar").write_bytes(raw((name, b"", {"type": tarfile.DIRTYPE})))
    with pytest.raises(DataError, match="refused"):
        unpack_tar(tmp_path / "a.tar", folder)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "no plain file"),
        (tarfile.BLKTYPE, "no plain file"),
        (tarfile.FIFOTYPE, "no plain file"),
        (tarfile.GNUTYPE_SPARSE, "no plain file"),
        (b"9", "no plain file"),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, folder: Path, kind: bytes, why: str) -> None:
    odd = {"type": kind, "linkname": "/etc"}
    (tmp_path / "a.tar").write_bytes(raw(("x", b"", odd), ("x/passwd", b"evil", {})))
    with pytest.raises(DataError, match=f"`x` in .* is {why}"):
        unpack_tar(tmp_path / "a.tar", folder)
    assert found(folder) == {}


def test_a_sparse_file_in_disguise_is_refused(tmp_path: Path, folder: Path) -> None:
    odd = {"pax_headers": {"GNU.sparse.realsize": "99999999999"}}
    (tmp_path / "a.tar").write_bytes(raw(("x", b"", odd)))
    with pytest.raises(DataError, match="no plain file"):
        unpack_tar(tmp_path / "a.tar", folder)


@pytest.mark.parametrize(("one", "other"), [("a", "a"), ("a.jpg", "A.JPG"), ("./a", "a")])
def test_a_name_twice_is_refused(tmp_path: Path, folder: Path, one: str, other: str) -> None:
    (tmp_path / "a.tar").write_bytes(raw((one, b"1", {}), (other, b"2", {})))
    with pytest.raises(DataError, match="another file has this name"):
        unpack_tar(tmp_path / "a.tar", folder)


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a")])
def test_a_file_that_is_also_a_folder_is_refused(
    tmp_path: Path, folder: Path, names: tuple[str, str]
) -> None:
    (tmp_path / "a.tar").write_bytes(raw(*((name, b"x", {}) for name in names)))
    with pytest.raises(DataError, match="`a` as a file and as a folder"):
        unpack_tar(tmp_path / "a.tar", folder)


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_that_is_cut_off_anywhere_is_refused(tmp_path: Path, mode: str) -> None:
    whole = tarred(tmp_path / "whole", {"a": os.urandom(700), "b": os.urandom(90)}, mode)
    content = whole.read_bytes()
    last = len(content) - (8192 + 1 if mode == "w" else 1)  # a plain tar ends in empty blocks
    for number, end in enumerate([*range(0, last, max(1, last // 30)), last]):
        (tmp_path / "a").write_bytes(content[:end])
        target = tmp_path / f"out{number}"
        target.mkdir()
        with pytest.raises(DataError, match="not a whole tar archive"):
            unpack_tar(tmp_path / "a", target)


def test_a_damaged_header_is_no_end(tmp_path: Path, folder: Path) -> None:
    content = bytearray(raw(("a", b"1", {}), ("b", b"2", {})))
    content[1024 + 3] ^= 0xFF
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(DataError, match="bad checksum"):
        unpack_tar(tmp_path / "a.tar", folder)


def test_damaged_packing_is_found_even_behind_the_last_file(tmp_path: Path, folder: Path) -> None:
    file = tarred(tmp_path / "a.tgz", dataset(1), "w:gz")
    content = bytearray(file.read_bytes())
    content[-6] ^= 0xFF  # in the checksum of the whole
    file.write_bytes(content)
    with pytest.raises(DataError, match="not a whole tar archive"):
        unpack_tar(file, folder)


def test_what_follows_the_end_is_not_lost_in_silence(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "a.tar").write_bytes(raw(("a", b"1", {})) + raw(("b", b"2", {})))
    with pytest.raises(DataError, match="goes on after its end"):
        unpack_tar(tmp_path / "a.tar", folder)


@pytest.mark.parametrize(
    "records",
    [b"12 path", b"99 path=x\n", b"x path=y\n", b"-1 path=y\n", b"0 a=b\n", b"8 size=z\n"],
)
def test_a_damaged_extended_header_is_refused(tmp_path: Path, folder: Path, records: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(
        raw(("x", records, {"type": tarfile.XHDTYPE}), ("a", b"1", {}))
    )
    with pytest.raises(DataError, match="not a whole tar archive"):
        unpack_tar(tmp_path / "a.tar", folder)


def test_an_extended_header_of_gigabytes_is_refused(tmp_path: Path, folder: Path) -> None:
    content = bytearray(raw(("x", b"", {"type": tarfile.XHDTYPE})))
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 40
    content[:512] = entry.tobuf(tarfile.GNU_FORMAT)[:512]
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(DataError, match="far too long"):
        unpack_tar(tmp_path / "a.tar", folder)


@pytest.mark.parametrize("size", [-512, 1 << 60])
def test_a_size_that_cannot_be_is_refused(tmp_path: Path, folder: Path, size: int) -> None:
    entry = tarfile.TarInfo("x")
    entry.size = size
    (tmp_path / "a.tar").write_bytes(entry.tobuf(tarfile.GNU_FORMAT) + bytes(9_216))
    with pytest.raises((DataError, StoreError)):
        unpack_tar(tmp_path / "a.tar", folder)
    assert found(folder) == {}


def test_a_bomb_is_given_up_while_it_is_read(tmp_path: Path, folder: Path) -> None:
    file = tarred(tmp_path / "a.tgz", {"small": b"x", "zeros": bytes(12 << 20)}, "w:gz")
    with pytest.raises(DataError, match="more than 1,000 times its size"):
        unpack_tar(file, folder)
    assert found(folder) == {"small": b"x"}  # in a folder that `arrival` removes


def test_a_bomb_of_headers_is_given_up(tmp_path: Path, folder: Path) -> None:
    header = raw(("x", b"12 key=text\n", {"type": tarfile.XGLTYPE}))[:1024]
    with gzip.open(tmp_path / "a.tgz", "wb") as file:
        for _ in range(22 << 10):
            file.write(header)
    with pytest.raises(DataError, match="more than 100 times its size"):
        unpack_tar(tmp_path / "a.tgz", folder, Limits(expansion=100))


def test_an_end_of_gigabytes_is_given_up(tmp_path: Path, folder: Path) -> None:
    with gzip.open(tmp_path / "a.tgz", "wb") as file:
        file.write(raw(("x", b"1", {})) + bytes(12 << 20))
    with pytest.raises(DataError, match="more than 1,000 times its size"):
        unpack_tar(tmp_path / "a.tgz", folder)


def test_an_archive_of_far_too_many_files_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="more than 2 files"):
        unpack_tar(tarred(tmp_path / "a", {"a": b"", "b": b"", "c": b""}), folder, Limits(files=2))


def test_what_does_not_fit_the_disk_is_not_begun(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(StoreError, match="too little room"):
        unpack_tar(tarred(tmp_path / "a", dataset()), folder, Limits(reserve=1 << 60))


@pytest.mark.parametrize(
    ("content", "why", "hint"),
    [
        (b"PK\x03\x04rest", "is a zip archive", "zip:"),
        (b"\x28\xb5\x2f\xfdrest", "zstd", "zstd -d"),
        (b"", "cut off", "again"),
        (b"plain text" * 99, "not a whole tar archive", "again"),
        (bytes(1 << 20), "holds no file", "check"),
    ],
)
def test_what_is_no_tar_archive_is_named(
    tmp_path: Path, folder: Path, content: bytes, why: str, hint: str
) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(DataError, match=why) as caught:
        unpack_tar(tmp_path / "a.tar", folder)
    assert hint in str(caught.value.hint)
