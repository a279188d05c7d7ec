import hashlib
import json
import stat
from pathlib import Path

import pytest
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.meta import Meta
from dvc_data.hashfile.tree import Tree
from hypothesis import given
from hypothesis import strategies as st

from ymir.dvc import objects
from ymir.errors import StoreError

MD5 = "0" * 32
NAMES = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1
).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(PATHS, st.binary(max_size=4), max_size=8))
def test_a_tree_has_the_bytes_that_dvc_writes(contents):
    entries = {path: objects.md5_of_bytes(content) for path, content in contents.items()}
    tree = Tree()
    for path, digest in entries.items():
        tree.add(tuple(path.split("/")), Meta(), HashInfo("md5", digest))
    assert objects.tree_bytes(entries) == tree.as_bytes()
    assert objects.tree_entries(objects.tree_bytes(entries)) == entries


@pytest.mark.parametrize(
    "listing",
    [
        [{"relpath": "../outside", "md5": MD5}],
        [{"relpath": "/etc/passwd", "md5": MD5}],
        [{"relpath": "a/./b", "md5": MD5}],
        [{"relpath": "", "md5": MD5}],
        [{"relpath": "a", "md5": "../../../etc/passwd"}],
        [{"relpath": "a"}],
        {"relpath": "a"},
        "torn",
    ],
)
def test_a_listing_that_reaches_out_of_its_folder_is_refused(listing):
    with pytest.raises(StoreError):
        objects.tree_entries(json.dumps(listing).encode())


def test_placed_bytes_lie_read_only_under_their_md5(tmp_path):
    digest = objects.place_bytes(tmp_path, b"image")
    path = objects.object_path(tmp_path, digest)
    assert path == tmp_path / digest[:2] / digest[2:]
    assert digest == hashlib.md5(b"image", usedforsecurity=False).hexdigest()
    assert path.read_bytes() == b"image"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_tree_is_called_dir(tmp_path):
    digest = objects.place_bytes(tmp_path, b"[]", suffix=".dir")
    assert digest.endswith(".dir")
    assert objects.object_path(tmp_path, digest).read_bytes() == b"[]"


def test_placing_twice_keeps_the_first_file(tmp_path):
    digest = objects.place_bytes(tmp_path, b"image")
    before = objects.object_path(tmp_path, digest).stat()
    objects.place_bytes(tmp_path, b"image")
    assert objects.object_path(tmp_path, digest).stat() == before


@pytest.mark.parametrize("copy", [True, False])
def test_a_placed_file_keeps_its_content(tmp_path, copy):
    source = _file(tmp_path / "model.onnx", b"weights")
    digest = objects.md5_of_file(source)
    objects.place_file(tmp_path / "cache", digest, source, copy=copy)
    path = objects.object_path(tmp_path / "cache", digest)
    assert path.read_bytes() == b"weights"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_copied_file_may_be_edited_afterwards(tmp_path):
    source = _file(tmp_path / "model.onnx", b"weights")
    digest = objects.md5_of_file(source)
    objects.place_file(tmp_path / "cache", digest, source, copy=True)
    source.write_bytes(b"other")
    assert objects.object_path(tmp_path / "cache", digest).read_bytes() == b"weights"


@pytest.mark.parametrize(("content", "mode"), [(b"ima", 0o444), (b"xxxxx", 0o644)])
def test_a_torn_object_is_replaced(tmp_path, content, mode):
    digest = objects.md5_of_bytes(b"image")
    path = _file(objects.object_path(tmp_path, digest), content)
    path.chmod(mode)
    objects.place_bytes(tmp_path, b"image")
    assert path.read_bytes() == b"image"
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_a_failed_copy_leaves_nothing(tmp_path):
    digest = objects.md5_of_bytes(b"image")
    folder = tmp_path / "cache" / digest[:2]
    folder.mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        objects.place_file(tmp_path / "cache", digest, tmp_path, copy=True)
    assert list(folder.iterdir()) == []


def test_settled_objects_are_still_there(tmp_path):
    digests = [objects.place_bytes(tmp_path, bytes([number])) for number in range(3)]
    objects.settle(tmp_path, digests)
    assert all(objects.object_path(tmp_path, digest).exists() for digest in digests)


def _file(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
