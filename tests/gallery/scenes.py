"""Tables to look at, without images where none are needed."""

from pathlib import Path

import polars as pl

from tests.media.pictures import picture, put
from ymir.data.table import table
from ymir.gallery.content import Content, content
from ymir.gallery.write import Pictures, write_beside

LABELS = ("cat", "dog", "bird", "</script><script>alert(1)</script>")


def scene(count: int) -> pl.DataFrame:
    """Images 0, 1, …; three have two boxes for each that has none; a tag tells odd from even."""
    return table(
        {
            "image": f"{number:032x}",
            "file": f"site/{number:06}.jpg",
            "width": 640,
            "height": 480,
            "tags": [{"key": "side", "value": ("even", "odd")[number % 2]}],
            "objects": [
                {
                    "label": LABELS[(number + each) % 4],
                    "x": float(each * 100),
                    "y": float(number % 300),
                    "w": 90.0,
                    "h": 60.0,
                }
                for each in range(2 if number % 4 else 0)
            ],
        }
        for number in range(count)
    )


def page(folder: Path, found: Content | None = None, count: int = 12) -> Path:
    """A gallery, and the files of its images."""
    shown = found or content("site@v1", scene(count))
    for number, image in enumerate(shown.images["image"].to_list()):
        for name in (f"small/{image[:2]}/{image}.jpg", f"cache/{image[:2]}/{image[2:]}"):
            put(folder / name, picture(number % 50))
    pictures = Pictures({}, folder / "small", folder / "cache")
    return write_beside(shown, pictures, folder / "page")
