"""Small tables, media and models that the tests of this folder share."""

from pathlib import Path

import polars as pl

from ymir.data.table import table
from ymir.jobs.request import Inference, Training, Weights

CLASSES = ("cat", "dog")
A, B = "0" * 30 + "aa", "0" * 30 + "bb"


def images() -> pl.DataFrame:
    """Two images; the first has a cat, a dog that sticks out, and an object of another class."""
    cat = {"label": "cat", "x": 10.0, "y": 15.0, "w": 50.0, "h": 40.0}
    dog = {"label": "dog", "x": 90.0, "y": -4.0, "w": 40.0, "h": 20.4}
    bird = {"label": "bird", "x": 0.0, "y": 0.0, "w": 5.0, "h": 5.0}
    return table(
        [
            {"image": A, "width": 100, "height": 80, "format": "jpg", "objects": [cat, dog, bird]},
            {"image": B, "width": 64, "height": 64, "format": "png"},
        ]
    )


def media(folder: Path) -> dict[str, Path]:
    """Bytes for the two images."""
    folder.mkdir(parents=True, exist_ok=True)
    for digest in (A, B):
        (folder / digest).write_bytes(digest.encode())
    return {digest: folder / digest for digest in (A, B)}


def weights(folder: Path) -> Weights:
    """A model of one stage with two files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("model.pt", "model.yaml"):
        (folder / name).write_text(name)
    return Weights("best", {name: folder / name for name in ("model.pt", "model.yaml")})


def training(folder: Path, **changes: object) -> Training:
    """Train on both images, validate on the second."""
    every = images()
    given: dict[str, object] = {
        "task": "t1",
        "class_names": CLASSES,
        "training": every,
        "validation": every.tail(1),
        "media": media(folder / "media"),
    }
    return Training(**{**given, **changes})  # type: ignore[arg-type]


def inference(folder: Path) -> Inference:
    """Find objects in both images."""
    return Inference(
        "t2", CLASSES, images(), media(folder / "media"), weights(folder / "w"), {"batch": 8}
    )
