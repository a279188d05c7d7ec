"""Archives for tests: sound ones, and ones that no honest program writes."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.media.pictures import picture, thing, voc

Content = Mapping[str, bytes]


def dataset(count: int = 3, top: str = "") -> dict[str, bytes]:
    """A VOC dataset: names and contents."""
    files = {}
    for number in range(count):
        files[f"{top}JPEGImages/{number}.jpg"] = picture(number)
        files[f"{top}Annotations/{number}.xml"] = voc(thing()).encode()
    return files


def zipped(path: Path, content: Content, method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, each in content.items():
            archive.writestr(name, each)
    return path


def tarred(path: Path, content: Content, mode: str = "w", kind: int = tarfile.PAX_FORMAT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode, format=kind, errors="surrogateescape") as archive:
        for name, each in content.items():
            add(archive, name, each)
    return path


def add(archive: tarfile.TarFile, name: str, content: bytes = b"", **odd: object) -> None:
    """One member; `odd` sets what is special about it."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    for key, value in odd.items():
        setattr(entry, key, value)
    archive.addfile(entry, io.BytesIO(content))


def found(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
