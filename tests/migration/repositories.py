"""Repositories of `mir` for tests: the real one, and ones that no `mir` would write."""

import importlib.util
import tarfile
from pathlib import Path

import pytest

from tests.media.pictures import picture, put
from ymir.errors import DataError
from ymir.migration.mir import Wish, migrate

REAL = Path(__file__).with_name("repository.tar.gz")
SIZE = (64, 48)
EXAMPLE = Path(__file__).parents[2] / "examples" / "projects" / "migrate-mir" / "mir.py"
SPEC = importlib.util.spec_from_file_location("example_mir", EXAMPLE)
assert SPEC is not None
assert SPEC.loader is not None
mir = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mir)
field, entry, boxes, git = mir.field, mir.entry, mir.boxes, mir.git
annotations, metadatas = mir.annotations, mir.metadatas


def unpack(folder: Path) -> Path:
    """The repository that `mir` itself made; its images lie in `media`, beside it."""
    with tarfile.open(REAL) as tar:
        tar.extractall(folder, filter="data")
    return folder / "repository"


def asset(file: str = "a.jpg", kind: int = 1, size: tuple[int, int] = SIZE) -> bytes:
    """A `MetadataAttributes`."""
    return mir.asset(file, kind, size)


def box(
    place: tuple[int, int, int, int] = (5, 6, 7, 8),
    class_id: int = 0,
    name: str = "car",
    score: float = -1.0,
    more: bytes = b"",
) -> bytes:
    """An `ObjectAnnotation`."""
    return mir.box(place, class_id, name, score) + more


def stored(media: Path, seed: int = 0) -> str:
    """Put an image where `mir` would; return its name."""
    return mir.store(media, picture(seed, SIZE))


def commit(root: Path, dataset: str, files: dict[str, bytes], labels: str | None = None) -> Path:
    """Commit a version of a dataset, as `mir` does."""
    mir.commit(root, f"{dataset}@t1", files)
    put(root / ".mir" / "labels.yaml", labels or "labels:\n- {id: 0, name: car}\n")
    return root


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
