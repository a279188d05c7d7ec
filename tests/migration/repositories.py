"""Repositories of `mir` for tests: the real one, and ones that no `mir` would write."""

import hashlib
import struct
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.media.pictures import picture, put
from ymir.errors import DataError
from ymir.migration.mir import Wish, migrate

REAL = Path(__file__).with_name("repository.tar.gz")
SIZE = (64, 48)


def unpack(folder: Path) -> Path:
    """The repository that `mir` itself made; its images lie in `media`, beside it."""
    with tarfile.open(REAL) as tar:
        tar.extractall(folder, filter="data")
    return folder / "repository"


def number(value: int) -> bytes:
    """A varint."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(at: int, value: int | float | str | bytes) -> bytes:
    """One field of a message; an integer is a varint, a float a double."""
    match value:
        case int():
            return number(at << 3) + number(value)
        case float():
            return number(at << 3 | 1) + struct.pack("<d", value)
        case str():
            return field(at, value.encode())
        case bytes():
            return number(at << 3 | 2) + number(len(value)) + value


def entry(at: int, key: str, value: bytes) -> bytes:
    """One entry of a map."""
    return field(at, field(1, key) + field(2, value))


def asset(file: str = "a.jpg", kind: int = 1, size: tuple[int, int] = SIZE) -> bytes:
    """A `MetadataAttributes`."""
    return field(4, kind) + field(5, size[0]) + field(6, size[1]) + field(9, file)


def box(
    place: tuple[int, int, int, int] = (5, 6, 7, 8),
    class_id: int = 0,
    name: str = "car",
    score: float = -1.0,
    more: bytes = b"",
) -> bytes:
    """An `ObjectAnnotation`."""
    rect = b"".join(field(at, value) for at, value in enumerate(place, start=1))
    return field(2, rect) + field(3, class_id) + field(4, score) + field(9, name) + more


def boxes(*listed: bytes) -> bytes:
    """A `SingleImageAnnotations`."""
    return b"".join(field(2, each) for each in listed)


def annotations(truth: dict[str, bytes], predictions: dict[str, bytes] | None = None) -> bytes:
    """A `MirAnnotations` of boxes."""
    sets = ((3, truth), (4, predictions or {}))
    return b"".join(
        field(at, field(3, 2) + b"".join(entry(1, *each) for each in images.items()))
        for at, images in sets
    )


def metadatas(images: dict[str, bytes]) -> bytes:
    """A `MirMetadatas`."""
    return b"".join(entry(1, *each) for each in images.items())


def stored(media: Path, seed: int = 0) -> str:
    """Put an image where `mir` would; return its name."""
    content = picture(seed, SIZE)
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    put(media / sha1[-2:] / sha1, content)
    return sha1


def commit(root: Path, dataset: str, files: dict[str, bytes], labels: str | None = None) -> Path:
    """Commit files on a branch and tag them, as `mir` does."""
    root.mkdir(parents=True, exist_ok=True)
    if not (root / ".git").exists():
        git(root, "init", "--quiet")
        git(root, "commit", "--quiet", "--allow-empty", "-m", "first commit")
    git(root, "checkout", "--quiet", "-B", dataset)
    for name, content in files.items():
        put(root / name, content)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", dataset)
    git(root, "tag", f"{dataset}@t1")
    put(root / ".mir" / "labels.yaml", labels or "labels:\n- {id: 0, name: car}\n")
    return root


def git(root: Path, *words: str) -> str:
    """Run git in a repository."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    done = subprocess.run(["git", *who, *words], cwd=root, capture_output=True, check=True)
    return done.stdout.decode()


def one_image(folder: Path, *, more: bytes = b"", truth: bytes | None = None) -> Path:
    """A repository with one dataset of one image, with one box or `truth`."""
    name = stored(folder / "media")
    listed = annotations({name: boxes(box()) if truth is None else truth}) + more
    files = {"metadatas.mir": metadatas({name: asset()}), "annotations.mir": listed}
    return commit(folder / "repository", "a", files)


def stops(repository: Path, why: str, **wish: object) -> DataError:
    """The migration stops, and leaves nothing behind."""
    folder = repository.parent / "into"
    folder.mkdir(exist_ok=True)
    with pytest.raises(DataError, match=why) as raised:
        migrate(Wish(repository, **wish), folder)
    return raised.value
