"""Building sites as cameras see them: clips of near-duplicate frames, ten kinds of headwear.

The pictures are made of what the helmet example draws its own of. How often kinds, weathers and
lengths of clips occur is said by a `Pool`; the same seed gives the same bytes.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from ymir.resources import resource

sys.path.insert(0, str(resource("examples") / "projects" / "helmet"))

from scenes.background import draw_background
from scenes.canvas import MARGIN, SCALE, Canvas
from scenes.headwear import HAIR, HELMET
from scenes.modes import DAY, Mode
from scenes.palette import vary
from scenes.people import Person, draw_person, dress
from scenes.things import draw_things
from scenes.weather import photograph

SIDE = 128  # pixels of a picture
_FRAME = 32  # pixels around it: weather is drawn on the example's 192
_LEFT, _TOP = (20, 45), (20, 45)  # where the picture may lie on the canvas
_HEADS = (16.0, 34.0)  # pixels
_LEAST_SEEN, _LEAST_SIDE = 0.4, 5
_STRIDE, _SWAY = 0.06, 0.03  # heights of a head that people move from frame to frame

# The usual ones come first.
KINDS = {
    "yellow_helmet": (HELMET, (240, 196, 25)),
    "white_helmet": (HELMET, (236, 232, 222)),
    "bare_head": (HAIR, None),
    "orange_helmet": (HELMET, (238, 120, 30)),
    "cap": ("cap", None),
    "blue_helmet": (HELMET, (30, 86, 190)),
    "beanie": ("beanie", None),
    "red_helmet": (HELMET, (200, 34, 34)),
    "green_helmet": (HELMET, (28, 140, 66)),
    "hood": ("hood", None),
}
NAMES = tuple(KINDS)
_CREW = 0.75  # of a clip's people wear what its crew does

Label = tuple[int, int, int, int, str]  # left, top, right, bottom


@dataclass(frozen=True)
class Pool:
    """What a set of pictures is like. `tail` is Zipf's exponent of the kinds: 0 is all alike."""

    images: int
    seed: tuple[int, ...]
    tail: float = 0.0
    empty: float = 0.0  # share of clips without people
    is_clips: bool = False
    rare_weather: float = 0.1


@dataclass(frozen=True)
class Clip:
    """One shot of a camera."""

    number: int
    seed: tuple[int, ...]
    crew: str
    weather: str
    people: int
    length: int
    shares: tuple[float, ...]


def clips_of(pool: Pool) -> Iterator[Clip]:
    """The shots of a pool. Of each kind there is a crew among the first, so none is missing."""
    chance = np.random.default_rng((*pool.seed, 0))
    shares = (1.0 + np.arange(len(NAMES))) ** -pool.tail
    shares /= shares.sum()
    done, crews, number = 0, 0, 0
    while done < pool.images:
        length = min(_length(chance) if pool.is_clips else 1, pool.images - done)
        drawn = int(chance.choice(len(NAMES), p=shares))
        is_empty = chance.random() < pool.empty
        crew = NAMES[crews if crews < len(NAMES) else drawn]
        crews += not is_empty
        is_rare = chance.random() < pool.rare_weather
        weather = str(chance.choice(["night", "fog"])) if is_rare else "clear"
        people = 0 if is_empty else int(chance.integers(1, 4))
        seed = (*pool.seed, 1, number)
        yield Clip(number, seed, crew, weather, people, length, tuple(shares.tolist()))
        done, number = done + length, number + 1


def _length(chance: np.random.Generator) -> int:
    """Most clips are short, and few are very long."""
    return int(min(50, math.ceil((chance.pareto(1.2) + 0.2) * 3)))


def write(folder: Path, pool: Pool, prefix: str = "") -> None:
    """A COCO folder with `tags.csv`; classes are called `prefix` and the kind."""
    (folder / "images").mkdir(parents=True)
    clips = list(clips_of(pool))
    with ProcessPoolExecutor(2, get_context("spawn")) as workers:
        drawn = list(workers.map(partial(_write_clip, folder / "images"), clips, chunksize=4))
    labelled = [each for frames in drawn for each in frames]
    document = _document(labelled, prefix)
    (folder / "annotations.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    with (folder / "tags.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("image", "camera", "clip"))
        for clip, frames in zip(clips, drawn, strict=True):
            rows.writerows((name, clip.number % 12, clip.number) for name, _ in frames)


def _write_clip(folder: Path, clip: Clip) -> list[tuple[str, list[Label]]]:
    written = []
    for number, (picture, labels) in enumerate(_frames(clip), 1):
        name = f"clip-{clip.number:04}-f{number:02}.jpg"
        picture.save(folder / name, quality=92)
        written.append((name, labels))
    return written


def _frames(clip: Clip) -> Iterator[tuple[Image.Image, list[Label]]]:
    """The pictures of a clip: the same place, people who move a little, a camera that shakes."""
    rng = np.random.default_rng(clip.seed)
    mode = replace(DAY, things=(0, 3), look_alike_things=0.3, weather=clip.weather)
    corner = int(rng.integers(*_LEFT)), int(rng.integers(*_TOP))
    site = int(rng.integers(1 << 31))
    crowd = [_somebody(rng, mode, clip, corner) for _ in range(clip.people)]
    crowd.sort(key=lambda each: each[0].head.height)
    strides = rng.normal(0, _STRIDE, clip.people).tolist()
    for number in range(clip.length):
        shot = np.random.default_rng(site)
        moment = np.random.default_rng((*clip.seed, number))
        canvas, horizon = draw_background(shot)
        draw_things(canvas, shot, mode, horizon)
        owned = []
        for owner, ((person, kind), stride) in enumerate(zip(crowd, strides, strict=True), 1):
            sway, nod = moment.normal(0, _SWAY, 2).tolist()
            draw_person(canvas, person.moved(stride * number + sway, nod), owner)
            owned.append((owner, canvas.pixels_of(owner), kind))
        shake = moment.integers(-1, 2, 2).tolist()
        left, top = (MARGIN + at + by for at, by in zip(corner, shake, strict=True))
        around = (left - _FRAME, top - _FRAME, left + SIDE + _FRAME, top + SIDE + _FRAME)
        whole = canvas.picture.crop(tuple(SCALE * at for at in around)).reduce(SCALE)
        seen = photograph(whole, clip.weather, shot, moment)
        inner = (_FRAME, _FRAME, _FRAME + SIDE, _FRAME + SIDE)
        yield seen.crop(inner), list(_labels(canvas, (left, top), owned))


def _somebody(
    rng: np.random.Generator, mode: Mode, clip: Clip, corner: tuple[int, int]
) -> tuple[Person, str]:
    """Somebody of the clip's crew, or a visitor, somewhere in the picture."""
    height = math.exp(rng.uniform(*map(math.log, _HEADS))) * SCALE
    x = (MARGIN + corner[0] + rng.uniform(0.1, 0.9) * SIDE) * SCALE
    y = (MARGIN + corner[1] + rng.uniform(0.05, 0.6) * SIDE) * SCALE
    person = dress(rng, mode, (x, y, height))
    visitor = NAMES[int(rng.choice(len(NAMES), p=clip.shares))]
    kind = clip.crew if rng.random() < _CREW else visitor
    wears, colour = KINDS[kind]
    own = person.head.colour if colour is None else vary(rng, colour)
    return replace(person, head=replace(person.head, wears=wears, colour=own)), kind


def _labels(
    canvas: Canvas, corner: tuple[int, int], owned: Sequence[tuple[int, int, str]]
) -> Iterator[Label]:
    """The heads of which enough is seen."""
    left, top = corner
    view = tuple(SCALE * at for at in (left, top, left + SIDE, top + SIDE))
    owners = canvas.owners.crop(view)
    seen = owners.histogram()
    for owner, whole, kind in owned:
        mask = owners.point([255 if value == owner else 0 for value in range(256)])
        box = mask.reduce(SCALE).point(lambda value: 255 if value > 127 else 0).getbbox()
        if box is None or seen[owner] < _LEAST_SEEN * whole:
            continue
        if min(box[2] - box[0], box[3] - box[1]) >= _LEAST_SIDE:
            yield *box, kind


def _document(labelled: Sequence[tuple[str, Sequence[Label]]], prefix: str) -> dict[str, object]:
    images = [
        {"id": number, "file_name": name, "width": SIDE, "height": SIDE}
        for number, (name, _) in enumerate(labelled, 1)
    ]
    found = [(image, label) for image, (_, own) in enumerate(labelled, 1) for label in own]
    annotations = [
        {
            "id": number,
            "image_id": image,
            "category_id": NAMES.index(kind) + 1,
            "bbox": [left, top, right - left, bottom - top],
            "area": (right - left) * (bottom - top),
            "iscrowd": 0,
        }
        for number, (image, (left, top, right, bottom, kind)) in enumerate(found, 1)
    ]
    categories = [{"id": number, "name": prefix + name} for number, name in enumerate(NAMES, 1)]
    return {"images": images, "annotations": annotations, "categories": categories}
