"""Whatever happened to an archive on its way: it is refused in words, or what it holds arrives."""

import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.origins.archives import dataset, found, tarred, zipped
from ymir.errors import YmirError
from ymir.sources.origins.tars import unpack_tar
from ymir.sources.origins.zips import unpack_zip

CONTENT = {**dataset(2), "ä/x": b"1", "empty": b""}
PACKED: dict[str, tuple[Callable[[Path, Path], None], Callable[[Path], Path]]] = {
    "zip": (unpack_zip, lambda path: zipped(path, CONTENT)),
    "stored": (unpack_zip, lambda path: zipped(path, CONTENT, zipfile.ZIP_STORED)),
    "tar": (unpack_tar, lambda path: tarred(path, CONTENT)),
    "tar.gz": (unpack_tar, lambda path: tarred(path, CONTENT, "w:gz")),
    "tar.bz2": (unpack_tar, lambda path: tarred(path, CONTENT, "w:bz2")),
    "tar.xz": (unpack_tar, lambda path: tarred(path, CONTENT, "w:xz")),
}
HAS_NO_CHECKSUMS = ("tar",)  # of what files hold


@pytest.mark.parametrize("kind", PACKED)
@settings(max_examples=50, deadline=None)
@given(
    places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4),
    pieces=st.lists(st.binary(max_size=3), min_size=4, max_size=4),
    lost=st.sampled_from([0, 1, 2, 600]),
)
def test_damage_is_found(
    kind: str,
    places: list[float],
    pieces: list[bytes],
    lost: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    unpack, pack = PACKED[kind]
    content = bytearray(pack(folder / "a").read_bytes())
    for place, piece in zip(places, pieces, strict=False):
        at = int(place * len(content))
        content[at : at + lost] = piece
    (folder / "a").write_bytes(content)
    (folder / "box" / "out").mkdir(parents=True)
    with suppress(YmirError):  # nothing else may be raised
        unpack(folder / "a", folder / "box" / "out")
        assert kind in HAS_NO_CHECKSUMS or found(folder / "box" / "out") == CONTENT
    assert [path.name for path in (folder / "box").iterdir()] == ["out"]
