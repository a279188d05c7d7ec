"""The people on a site: bodies, faces, arms that hide other heads."""

from dataclasses import dataclass, replace

import numpy as np

from scenes.canvas import NOBODY, Canvas, around
from scenes.headwear import FACES, HAIR, HEADWEAR, HELMET, Head
from scenes.modes import Mode
from scenes.palette import (
    HAIRS,
    RARE_HELMETS,
    SHIRTS,
    SKINS,
    TROUSERS,
    USUAL_HELMETS,
    VESTS,
    Colour,
    pick,
    shade,
    vary,
)


@dataclass(frozen=True)
class Person:
    """A head, and the clothes below it; `seed` settles the rest of the looks."""

    head: Head
    shirt: Colour
    vest: Colour | None
    seed: int

    @property
    def wears_helmet(self) -> bool:
        """Whether the head counts as a protected one."""
        return self.head.wears == HELMET

    def moved(self, right: float, down: float) -> "Person":
        """The same person elsewhere, measured in heights of the head."""
        unit = self.head.height
        x, crown = self.head.x + right * unit, self.head.crown + down * unit
        return replace(self, head=replace(self.head, x=x, crown=crown))


def dress(rng: np.random.Generator, mode: Mode, place: tuple[float, float, float]) -> Person:
    """Somebody whose head is at `place` (middle, crown, height), dressed as `mode` has it."""
    wears, colour = _headwear(rng, mode)
    head = Head(
        *place,
        face=pick(rng, FACES),
        wears=wears,
        colour=vary(rng, colour),
        skin=pick(rng, SKINS),
        hair=pick(rng, HAIRS),
    )
    shirt, vest = pick(rng, SHIRTS), pick(rng, VESTS)
    return Person(
        head, shirt, vest if rng.random() < mode.vests else None, int(rng.integers(1 << 32))
    )


def _headwear(rng: np.random.Generator, mode: Mode) -> tuple[str, Colour]:
    if rng.random() < mode.helmeted:
        is_rare = rng.random() < mode.rare_helmets
        return HELMET, pick(rng, RARE_HELMETS if is_rare else USUAL_HELMETS)
    has_hat = rng.random() < mode.hats
    return (pick(rng, mode.hat_kinds) if has_hat else HAIR), pick(rng, USUAL_HELMETS + RARE_HELMETS)


def draw_person(canvas: Canvas, person: Person, owner: int) -> None:
    """Draw one person over everybody drawn before; only the head's pixels become `owner`'s."""
    rng = np.random.default_rng(person.seed)
    head = person.head
    shoulders = head.chin + head.height * 0.12
    _legs(canvas, head, shoulders, rng)
    _torso(canvas, person, shoulders, rng)
    _arms(canvas, person, shoulders, rng)
    neck = (head.x - head.width * 0.2, head.chin - head.height * 0.15)
    canvas.rectangle((*neck, head.x + head.width * 0.2, shoulders), shade(head.skin, 0.78))
    _face(canvas, head, owner)
    HEADWEAR[head.wears](canvas, head, owner, rng)


def _legs(canvas: Canvas, head: Head, shoulders: float, rng: np.random.Generator) -> None:
    unit = head.height
    cloth = shade(pick(rng, TROUSERS), rng.uniform(0.8, 1.1))
    for side in (-0.32, 0.32):
        left, right = head.x + (side - 0.26) * unit, head.x + (side + 0.26) * unit
        bottom = shoulders + 4.9 * unit
        leg = (left, shoulders + 2.3 * unit, right, bottom)
        canvas.rounded(leg, unit * 0.12, cloth, NOBODY)
        boot = (left - unit * 0.06, bottom - unit * 0.18, right + unit * 0.12, bottom + unit * 0.1)
        canvas.ellipse(boot, (40, 34, 30))


def _torso(canvas: Canvas, person: Person, shoulders: float, rng: np.random.Generator) -> None:
    x, unit = person.head.x, person.head.height
    half = unit * rng.uniform(0.95, 1.15)
    body = (x - half, shoulders, x + half, shoulders + unit * 2.6)
    canvas.rounded(body, unit * 0.5, person.shirt, NOBODY)
    if person.vest is None:
        return
    left, right, bottom = x - half * 0.78, x + half * 0.78, shoulders + unit * 2.5
    canvas.rounded((left, shoulders + unit * 0.05, right, bottom), unit * 0.3, person.vest)
    for stripe in (0.9, 1.6):
        top = shoulders + unit * stripe
        canvas.rectangle((left, top, right, top + unit * 0.18), (214, 218, 210))
    zip_line = (x, shoulders + unit * 0.1, x, bottom)
    canvas.line(zip_line, shade(person.vest, 0.7), unit * 0.05)


def _arms(canvas: Canvas, person: Person, shoulders: float, rng: np.random.Generator) -> None:
    x, unit = person.head.x, person.head.height
    sleeve = shade(person.shirt, 0.85)
    for side in (-1, 1):
        top = shoulders + unit * 0.35
        shoulder = x + side * unit * rng.uniform(0.85, 0.95)
        rise = -rng.uniform(0.6, 1.4) if rng.random() < 0.1 else rng.uniform(1.1, 1.8)
        hand = shoulder + side * unit * rng.uniform(0, 0.4), top + unit * rise
        canvas.line((shoulder, top, *hand), sleeve, unit * 0.36, NOBODY)
        canvas.ellipse(around(*hand, unit * 0.36, unit * 0.36), person.head.skin, NOBODY)


def _face(canvas: Canvas, head: Head, owner: int) -> None:
    canvas.ellipse(head.box(-0.5, 0, 0.5, 1), head.skin, owner)
    shadow = (110, 250) if head.face == "left" else (-70, 70)
    canvas.chord(head.box(-0.5, 0, 0.5, 1), shadow, shade(head.skin, 0.9))
    match head.face:
        case "front":
            _features(canvas, head)
        case "back":
            canvas.ellipse(head.box(-0.5, 0.02, 0.5, 0.9), head.hair)
        case side:
            _profile(canvas, head, -1 if side == "left" else 1)


def _features(canvas: Canvas, head: Head) -> None:
    for side in (-0.2, 0.2):
        canvas.ellipse(head.box(side - 0.09, 0.455, side + 0.09, 0.545), (245, 242, 238))
        canvas.ellipse(head.box(side - 0.04, 0.455, side + 0.04, 0.545), (40, 30, 26))
        canvas.line(head.box(side - 0.1, 0.40, side + 0.1, 0.40), (48, 34, 26), head.height * 0.03)
    canvas.line(head.box(0, 0.54, -0.04, 0.68), shade(head.skin, 0.7), head.height * 0.04)
    canvas.line(head.box(-0.16, 0.80, 0.16, 0.80), (140, 66, 60), head.height * 0.05)


def _profile(canvas: Canvas, head: Head, side: int) -> None:
    nose = ((0.44, 0.50), (0.62, 0.64), (0.42, 0.68))
    canvas.polygon([head.at(side * right, down) for right, down in nose], head.skin)
    for middle, width, colour in ((0.28, 0.12, (40, 30, 26)), (-0.08, 0.16, shade(head.skin, 0.8))):
        spot = around(*head.at(side * middle, 0.5), width * head.width, 0.1 * head.height)
        canvas.ellipse(spot, colour)
    canvas.line((*head.at(side * 0.2, 0.8), *head.at(side * 0.42, 0.8)), (140, 66, 60), 1)
