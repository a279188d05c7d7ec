"""Two recorded rounds on many photographs, for the benchmark of reports."""

from __future__ import annotations

import io
import pickle
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path

import made
import numpy as np
import polars as pl
from PIL import Image

from tests.report.rounds import Scenes, World, project, spec
from ymir.report.record import ProjectRecord

NAME = "report.html"  # of the page that is made
BOXES = 10  # per image, on average
SKILLS = (0.55, 0.75)  # of the rounds' models
PICKED = 200
SMALL = 1_000  # images whose pictures are made alone, too
_PHOTOS = 36  # that are distinct; the others differ in a comment
_SCALES = (4, 8, 16, 32, 64, 128, 320)  # pixels: as in a photograph, every size of detail


@dataclass(frozen=True)
class Bench:
    """A project's record, and where its images lie."""

    record: ProjectRecord
    places: Mapping[str, Path]

    def locate(self, images: Collection[str]) -> Mapping[str, Path]:
        """As a workspace's store does."""
        return {image: self.places[image] for image in images if image in self.places}


def write_bench(folder: Path, images: int) -> Path:
    """Make it, and write it to a file."""
    photos = [_photo(seed) for seed in range(_PHOTOS)]
    sets = {"training": 1_000, "testing": images, "pool": 2 * PICKED}
    first, scenes = 0, {}
    for seed, (name, count) in enumerate(sets.items(), 1):
        scenes[name] = _scenes(folder / name, photos, range(first, first + count), seed)
        first += count
    world = World(spec(made.LABELS), **scenes)
    record = project(folder / "rounds", world, SKILLS, topk=PICKED)
    bench = Bench(record, {k: v for each in scenes.values() for k, v in each.places.items()})
    (folder / "bench").write_bytes(pickle.dumps(bench))
    return folder / "bench"


def read_bench(file: Path) -> Bench:
    """What `write_bench` has written."""
    bench = pickle.loads(file.read_bytes())  # noqa: S301 - our own
    assert isinstance(bench, Bench)
    return bench


def _scenes(folder: Path, photos: list[bytes], numbers: range, seed: int) -> Scenes:
    folder.mkdir()
    places = {}
    for number in numbers:
        content = made.numbered(photos[number % len(photos)], number)
        path = folder / f"{number:07}.jpg"
        path.write_bytes(content)
        places[md5(content, usedforsecurity=False).hexdigest()] = path
    table = made.table(len(numbers), seed=seed, first=numbers.start, boxes=BOXES)
    return Scenes(table.with_columns(image=pl.Series(list(places))), places)


def _photo(seed: int) -> bytes:
    """Noise of every scale: as costly to shrink, and to keep, as a photograph."""
    chance = np.random.default_rng(seed)
    whole = np.zeros((made.HEIGHT, made.WIDTH, 3))
    for scale in _SCALES:
        size = (made.HEIGHT // scale, made.WIDTH // scale, 3)
        part = Image.fromarray(chance.integers(0, 255, size, dtype=np.uint8))
        large = part.resize((made.WIDTH, made.HEIGHT), Image.Resampling.BICUBIC)
        whole += np.asarray(large, dtype=np.float64) * scale**0.2
    whole = 255 * (whole - whole.min()) / (whole.max() - whole.min())
    file = io.BytesIO()
    Image.fromarray(whole.astype(np.uint8)).save(file, "JPEG", quality=80)
    return file.getvalue()
