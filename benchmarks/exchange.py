"""What passes between ymir and an executor through files: laid out before, read after."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl
from figures import Figure

from ymir.data.table import table
from ymir.jobs.folder import lay_out
from ymir.jobs.predictions import FILE, read_predictions
from ymir.jobs.request import Inference, Training, Weights

CLASSES = ("cat", "dog")
SIDE = 640
PICTURE = 100_000  # bytes; of a photograph of that size
SEED = 1


@dataclass(frozen=True)
class Sizes:
    """How much an executor answers."""

    images: int
    boxes: int  # in each


def small_request(folder: Path) -> Inference:
    """The least that an executor can be asked."""
    model = folder / "model.pt"
    model.write_bytes(b"")
    weights = Weights("best", {"model.pt": model})
    return Inference("bench", CLASSES, _images(0, 0), {}, weights)


def laying_out(folder: Path, count: int) -> list[Figure]:
    """Files for a training, for a process and for a container."""
    images, store = _images(count, 7), folder / "store"
    store.mkdir()
    media = {digest: store / digest for digest in images["image"]}
    for place in media.values():
        place.write_bytes(bytes(PICTURE))
    request = Training("bench", CLASSES, images, images.head(0), media)
    figures = []
    for who, root in (("a process", None), ("a container", PurePosixPath("/"))):
        into = folder / f"laid-out-for-{who[2:]}"
        took = _seconds(lambda into=into, root=root: lay_out(request, into, root=root))
        figures.append(Figure(f"files of a training on {count:,} images, {who}", took, "s"))
    return figures


def reading(folder: Path, sizes: Sizes) -> list[Figure]:
    """An executor's answer, as a table."""
    images, out = _images(sizes.images, 0), folder / "answer"
    out.mkdir()
    chance = random.Random(SEED)
    found = {f"{digest}.jpg": {"boxes": _boxes(chance, sizes.boxes)} for digest in images["image"]}
    (out / FILE).write_text(json.dumps({"detection": found}))
    del found
    took = _seconds(lambda: read_predictions(out, images, CLASSES))
    name = f"reading what was found in {sizes.images:,} images, {sizes.boxes} boxes in each"
    return [Figure(name, sizes.images / took, "images/s", "at least", 5_000)]


def _images(count: int, boxes: int) -> pl.DataFrame:
    chance = random.Random(SEED)
    return table(
        {
            "image": hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest(),
            "width": SIDE,
            "height": SIDE,
            "objects": [_object(chance) for _ in range(boxes)],
        }
        for number in range(count)
    )


def _object(chance: random.Random) -> dict[str, object]:
    return {"label": chance.choice(CLASSES), **_box(chance)}


def _box(chance: random.Random) -> dict[str, float]:
    width, height = chance.randint(8, 200), chance.randint(8, 200)
    return {
        "x": chance.randint(0, SIDE - width),
        "y": chance.randint(0, SIDE - height),
        "w": width,
        "h": height,
    }


def _boxes(chance: random.Random, count: int) -> list[dict[str, object]]:
    return [
        {
            "class_name": chance.choice(CLASSES),
            "score": round(chance.random(), 4),
            "box": _box(chance),
        }
        for _ in range(count)
    ]


def _seconds(work: Callable[[], object]) -> float:
    since = time.perf_counter()
    work()
    return time.perf_counter() - since
