"""One frame of one shot: a site, its people, and the boxes of the heads one can see."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from scenes.background import draw_background
from scenes.canvas import MARGIN, SCALE, SIDE, SIZE, Canvas
from scenes.modes import MODES, Mode
from scenes.people import Person, draw_person, dress
from scenes.things import draw_obstacles, draw_things
from scenes.weather import photograph

CLASSES = ("helmet_head", "no_helmet_head")
LEAST_VISIBLE = 0.4  # a head that shows less of itself has no box
LEAST_SIDE = 3


@dataclass(frozen=True)
class Label:
    """A visible head in whole pixels: top left corner, size, class."""

    x: int
    y: int
    width: int
    height: int
    name: str


@dataclass(frozen=True)
class Scene:
    """A picture, its labels, and for every label the map of the pixels it stands for."""

    picture: Image.Image
    labels: tuple[Label, ...]
    masks: tuple[Image.Image, ...]


def draw_scene(seed: tuple[int, ...], mode_name: str, frame: int = 0) -> Scene:
    """The picture that `seed` stands for; a later `frame` shows the same people a moment later."""
    mode = MODES[mode_name]
    shot = np.random.default_rng(seed)
    moment = np.random.default_rng((*seed, frame))
    canvas, horizon = draw_background(shot)
    draw_things(canvas, shot, mode, horizon)
    standing = _gather(shot, mode)
    people = _walk(standing, shot, moment, frame)
    whole = [_draw_and_measure(canvas, person, owner) for owner, person in enumerate(people, 1)]
    draw_obstacles(canvas, shot, mode, [person.head for person in standing])
    view = _view(shot, moment, frame)
    picture = canvas.picture.crop(view).reduce(SCALE)
    owners = canvas.owners.crop(view)
    found = [
        _label(owners, owner, person, area)
        for owner, (person, area) in enumerate(zip(people, whole, strict=True), 1)
    ]
    seen = [both for both in found if both is not None]
    return Scene(
        photograph(picture, mode.weather, shot, moment),
        tuple(label for label, _ in seen),
        tuple(mask for _, mask in seen),
    )


def _gather(rng: np.random.Generator, mode: Mode) -> list[Person]:
    """The people of a shot, the farthest first."""
    smallest, largest = (math.log(side * SCALE) for side in mode.heads)
    places = []
    for _ in range(int(rng.integers(mode.people[0], mode.people[1] + 1))):
        height = math.exp(rng.uniform(smallest, largest))
        places.append((rng.uniform(0.06, 0.94) * SIDE, rng.uniform(*mode.crowns) * SIDE, height))
    return [dress(rng, mode, place) for place in sorted(places, key=lambda place: place[2])]


def _walk(
    people: list[Person], shot: np.random.Generator, moment: np.random.Generator, frame: int
) -> list[Person]:
    """The same people `frame` moments later, each a few steps on."""
    strides = shot.normal(0, 0.10, len(people)) * frame
    sway = moment.normal(0, 0.05, (len(people), 2)) * (frame > 0)
    return [
        person.moved(stride + right, down)
        for person, stride, (right, down) in zip(people, strides, sway, strict=True)
    ]


def _view(
    shot: np.random.Generator, moment: np.random.Generator, frame: int
) -> tuple[int, int, int, int]:
    """The part of the canvas that the camera shows; it drifts a little with every frame."""
    drift = shot.uniform(-1, 1, 2) * frame + moment.uniform(-1, 1, 2)
    left, top = np.clip(MARGIN + drift, 0, 2 * MARGIN).astype(int).tolist()
    return left * SCALE, top * SCALE, (left + SIZE) * SCALE, (top + SIZE) * SCALE


def _draw_and_measure(canvas: Canvas, person: Person, owner: int) -> int:
    """Draw a person; how many pixels the head has before anything hides it."""
    draw_person(canvas, person, owner)
    return canvas.pixels_of(owner)


def _label(
    owners: Image.Image, owner: int, person: Person, whole: int
) -> tuple[Label, Image.Image] | None:
    """The label of a head and its pixels, or nothing if too little of it is seen."""
    mask = owners.point([255 if value == owner else 0 for value in range(256)])
    mask = mask.reduce(SCALE).point(lambda value: 255 if value else 0)
    box = mask.getbbox()
    if box is None or owners.histogram()[owner] < LEAST_VISIBLE * whole:
        return None
    left, top, right, bottom = box
    if min(right - left, bottom - top) < LEAST_SIDE:
        return None
    name = CLASSES[0] if person.wears_helmet else CLASSES[1]
    return Label(left, top, right - left, bottom - top, name), mask
