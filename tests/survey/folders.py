"""Folders as people have them: of any layout, with clips, splits and faults."""

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.media.pictures import picture, put
from ymir.contracts.format import formats
from ymir.data.table import table

CLIPS, LENGTH = 12, 5
NAMES = tuple(f"yard{clip:02}_{shot:04}.jpg" for clip in range(CLIPS) for shot in range(LENGTH))


def boxes(*labels: str) -> list[Mapping[str, object]]:
    return [{"label": each, "x": 5, "y": 5, "w": 20, "h": 10} for each in labels]


def folder_of(
    layout: str, folder: Path, labels: Mapping[str, tuple[str, ...]], first: int = 0
) -> Path:
    """A dataset of that layout: file -> the labels of its boxes; the pictures are all different."""
    media, rows = {}, []
    pictures = Path(tempfile.mkdtemp())
    for seed, (name, drawn) in enumerate(labels.items(), start=first):
        content = picture(seed)
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        media[digest] = put(pictures / digest, content)
        row = {"image": digest, "file": name, "width": 64, "height": 48, "bytes": len(content)}
        rows.append({**row, "objects": boxes(*drawn)})
    folder.mkdir(parents=True)
    formats.load(layout).write(table(rows), media, folder)
    shutil.rmtree(pictures)
    return folder


def yard(layout: str, folder: Path) -> Path:
    """Sixty pictures of twelve clips; a cat on each, a dog on every third."""
    shots = {name: ("cat", "dog") if at % 3 == 0 else ("cat",) for at, name in enumerate(NAMES)}
    return folder_of(layout, folder, shots)
