"""Labels that go out beside images, as VOC and COCO: what they have, or what a model suggests."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from ymir.contracts.format import formats


def show(files: pl.DataFrame, folder: Path, *, coco: bool = False) -> None:
    """Write the objects of some files, an XML file each; the folder appears whole, and only once.

    With `coco`, all of them stand in `coco.json`, too.
    """
    if files.is_empty() or folder.exists():
        return
    named = files.with_columns(image="file")  # an image that went out twice is shown twice
    columns = [name for name in named.columns if name != "copy"]
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as text:
        partial, blank = Path(text), Path(text) / "blank"
        blank.touch()
        media = dict.fromkeys(named["file"], blank)  # formats copy images, which lie there already
        formats.load("voc").write(named.select(columns), media, partial / "voc")
        if coco:
            formats.load("coco").write(named.select(columns), media, partial / "coco")
            document = partial / "coco" / "annotations.json"
            document.rename(partial / "voc" / "Annotations" / "coco.json")
        (partial / "voc" / "Annotations").rename(folder)
