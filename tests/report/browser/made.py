"""Albums made up for tests, and a bare page that shows one under the policy of a report."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import md5, sha256
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ymir.report.album.packing import pack
from ymir.report.shown.album import Album, Candidate, DoubtMarks, Found, Group, Images, Truth
from ymir.resources import resource

WIDE, HIGH = 640, 480
CLASSES = ("person", "helmet", "forklift")
COLOURS = """
:root { --page: #f5f6f8; --card: #fff; --edge: #dfe3e8; --ink: #1b2430; --dim: #5a6675;
  --accent: #1f5fbf; --good: #14713f; --bad: #b3261e; --warn: #8a5600; color-scheme: light; }
@media (prefers-color-scheme: dark) { :root { --page: #0f141a; --card: #181f28; --edge: #2b3542;
  --ink: #e6ebf1; --dim: #9ba8b7; --accent: #6aa5ff; color-scheme: dark; } }
body { margin: 0; padding: 24px; background: var(--page); color: var(--ink); font: 14px system-ui; }
a { color: var(--accent); } .tall { height: 1500px; }
"""


@dataclass(frozen=True)
class Box:
    """A box: where it is, what it is called; of a found one its score, `hit` and `taken`."""

    label: int
    x: float
    y: float
    w: float = 60.0
    h: float = 60.0
    score: float = 0.0
    hit: int = -1
    taken: int = -1
    notes: tuple[int, ...] = ()
    crowd: int = 0


@dataclass(frozen=True)
class Scene:
    """An image: its truth, and what each candidate found in it."""

    file: str
    truth: Sequence[Box] = ()
    found: Sequence[Sequence[Box]] = ()
    set: int = 0
    tags: tuple[int, ...] = ()
    note: str = ""
    picture: int = -2

    @property
    def digest(self) -> str:
        """Stands for the md5 of its bytes."""
        return md5(self.file.encode(), usedforsecurity=False).hexdigest()


def album(scenes: Sequence[Scene], **more: object) -> Album:
    """The album of these scenes; `more` replaces any of its fields."""
    candidates = [Candidate("round 4", 4, 0.5), Candidate("round 3", 3, 0.4)]
    made = Album(
        classes=CLASSES,
        candidates=candidates,
        tags=[("place", "yard"), ("place", "hall")],
        attributes=[("occluded", "yes")],
        images=_images(scenes),
        truth=_truth([scene.truth for scene in scenes]),
        found=[
            _found([scene.found[at] if at < len(scene.found) else () for scene in scenes])
            for at in range(len(candidates))
        ],
        groups=[],
        doubts=DoubtMarks([], [], [], [], [], [], []),
        left_out="",
        pages=[(2, "round-2.html")],
        beside="images/",
    )
    return replace(made, **more)


def _images(scenes: Sequence[Scene]) -> Images:
    return Images(
        id=[scene.digest for scene in scenes],
        file=[scene.file for scene in scenes],
        width=[WIDE for _ in scenes],
        height=[HIGH for _ in scenes],
        set=[scene.set for scene in scenes],
        tags=[scene.tags for scene in scenes],
        note=[scene.note for scene in scenes],
        picture=[scene.picture for scene in scenes],
    )


def _columns(boxes: Sequence[Sequence[Box]], *names: str) -> dict[str, list]:
    flat = [box for each in boxes for box in each]
    return {"count": [len(each) for each in boxes]} | {
        name: [getattr(box, name) for box in flat] for name in ("label", "x", "y", "w", "h", *names)
    }


def _truth(boxes: Sequence[Sequence[Box]]) -> Truth:
    return Truth(**_columns(boxes, "crowd", "notes"))


def _found(boxes: Sequence[Sequence[Box]]) -> Found:
    return Found(**_columns(boxes, "score", "hit", "taken"))


def picture(number: int) -> bytes:
    """A small WebP file."""
    made = Image.new("RGB", (160, 120), (40 + 37 * number % 160, 60 + 71 * number % 150, 90))
    ImageDraw.Draw(made).ellipse((30, 20, 90, 80), fill=(200, 180, 30 + number % 200))
    to = BytesIO()
    made.save(to, "WEBP", quality=60)
    return to.getvalue()


def page(
    into: Path,
    shown: Album,
    *,
    pictures: Sequence[bytes] = (),
    body: str = "",
    title: str = "helmet · round 4",
) -> str:
    """The address of a page with a report that is only `body`, and the gallery of `shown`."""
    folder = resource("reports") / "album"
    script = '"use strict";\n' + "".join(p.read_text() for p in sorted(folder.glob("*.js")))
    style = COLOURS + (folder / "album.css").read_text()
    markup = (folder / "album.html").read_text().partition("#}")[2]
    packed = pack(shown, pictures)
    policy = (
        f"default-src 'none'; img-src 'self' file: data: blob:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    _lay_beside(into, shown)
    (into / "page.html").write_text(f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{escape(title)}</title><link rel="icon" href="data:,"><style>{style}</style></head><body>
<main><h1>Report</h1>{body}</main>
{markup}
<script type="text/plain" id="album">{packed.album}</script>
<script type="text/plain" id="pictures">{packed.pictures}</script>
<script>{script}</script></body></html>""")
    return (into / "page.html").as_uri()


def _lay_beside(into: Path, shown: Album) -> None:
    for image, place in zip(shown.images.id, shown.images.picture, strict=True):
        folder = into / "images" / image[:2]
        folder.mkdir(parents=True, exist_ok=True)
        if place == -1:
            (folder / f"{image}.webp").write_bytes(picture(2))


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode("ascii")


def site(count: int = 24, seed: int = 0) -> Album:
    """A testing set in which both models are mostly right, with slices, doubts and mined images."""
    chance = np.random.default_rng(seed)
    scenes = [_scene(chance, number) for number in range(count)]
    scenes += [
        replace(each, file=f"pool/{at:03d}.jpg", set=1, note=f"rank {at + 1}: many doubtful boxes")
        for at, each in enumerate(scenes[: max(2, count // 8)])
    ]
    third = range(0, count, 3)
    return album(
        [replace(scene, picture=at % 12) for at, scene in enumerate(scenes)],
        groups=[
            Group("slice", "night shift", [*third]),
            Group("change", "fixed", [1, 2]),
            Group("change", "broken", [3]),
        ],
        doubts=DoubtMarks(
            [5, 2, 5],
            ["missing", "wrong class", "badly placed"],
            ["person 0.97 has no label", "helmet, called person 0.91", "overlap 0.31"],
            *([10.0, 40.0, 90.0] for _ in "xy"),
            *([50.0, 60.0, 70.0] for _ in "wh"),
        ),
    )


def _scene(chance: np.random.Generator, number: int) -> Scene:
    truth = [
        Box(
            int(chance.integers(0, len(CLASSES))),
            *(float(v) for v in chance.uniform(0, 400, 2).round(1)),
            *(float(v) for v in chance.uniform(20, 140, 2).round(1)),
            notes=(0,) if chance.random() < 0.2 else (),
        )
        for _ in range(chance.integers(0, 9))
    ]
    found = [_guesses(chance, truth, skill) for skill in (0.85, 0.65)]
    return Scene(f"yard/{number:05d}.jpg", truth, found, tags=(int(chance.integers(0, 2)),))


def _guesses(chance: np.random.Generator, truth: Sequence[Box], skill: float) -> list[Box]:
    right = [
        replace(box, score=_score(chance, 0.3), hit=at, taken=at, x=box.x + 4, notes=())
        for at, box in enumerate(truth)
        if chance.random() < skill
    ]
    wrong = [
        Box(0, *(float(v) for v in chance.uniform(0, 400, 2).round(1)), score=_score(chance, 0.05))
        for _ in range(chance.integers(0, 3))
    ]
    return [replace(box, taken=box.taken if box.score >= 0.5 else -2) for box in right + wrong]


def _score(chance: np.random.Generator, low: float) -> float:
    return round(float(chance.uniform(low, 1)), 3)


def yard(**more: object) -> Album:
    """Four testing images, one mined and one to learn from, of which all is known.

    At 0.5 round 4 finds a person in `a`, invents two things there, misses its helmet, and misses
    the person in `b`, whom it would find at 0.45; round 3 misses nothing in `a`.
    """
    person, helmet = Box(0, 10, 10, 100, 100, notes=(0,)), Box(1, 200, 10, 20, 20)
    found = replace(person, score=0.9, hit=0, taken=0)
    scenes = [
        Scene(
            "yard/a.jpg",
            [person, helmet],
            [
                [found, Box(0, 202, 12, 20, 20, 0.6, -1, 1), Box(2, 400, 300, 90, 90, 0.55)],
                [replace(found, score=0.5), replace(helmet, score=0.7, hit=1, taken=1)],
            ],
            tags=(0,),
            picture=0,
        ),
        Scene(
            "hall/b.jpg", [person], [[replace(found, score=0.45, taken=-2)]], tags=(1,), picture=1
        ),
        Scene("yard/c.jpg", tags=(0,), picture=-1),
        Scene(
            "hall/d.jpg", [Box(2, 0, 0, crowd=1)], [[Box(2, 0, 0, score=0.8, hit=-2)]], tags=(1,)
        ),
        Scene("pool/m.jpg", [person], [[Box(1, 5, 5, score=0.7, hit=-2)]], set=1, note="rank 1"),
        Scene("train/t.jpg", [person], set=2),
    ]
    shown = album(
        scenes,
        groups=[
            Group("slice", "night", [0, 3]),
            Group("change", "fixed", [2]),
            Group("change", "broken", [1]),
        ],
        doubts=DoubtMarks(
            [1, 0],
            ["badly placed", "missing"],
            ["overlap 0.41", "forklift 0.55 has no label"],
            *([10.0, 400.0], [10.0, 300.0], [50.0, 90.0], [50.0, 90.0]),
        ),
    )
    return replace(shown, **more)


def digest(file: str) -> str:
    """The name of an image of an album made here."""
    return Scene(file).digest
