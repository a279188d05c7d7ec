"""Draws pictures of signal lamps, as PNGs that no library is needed to read, in COCO's format."""

import colorsys
import json
import random
import struct
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from detector import HEIGHT, PANEL, SIGNATURE, WIDTH, Colour, Lamp

CLASSES = ("stop", "warn", "go")
Shares = Mapping[tuple[str, int, int], float]  # how often a lamp of a class has hues from … to …
PLAIN: Shares = {("stop", 355, 5): 0.5, ("warn", 40, 50): 0.3, ("go", 115, 125): 0.2}
ODD: Shares = {
    ("stop", 320, 340): 0.1,  # old glass has faded to pink
    ("warn", 12, 22): 0.1,  # a dim bulb
    ("go", 62, 80): 0.1,  # sunlight on the glass
}
ALL: Shares = {("stop", 355, 5): 0.3, ("warn", 40, 50): 0.2, ("go", 115, 125): 0.2, **ODD}
CELLS = [(x, y) for y in range(3) for x in range(4)]


def write_sets(counts: Mapping[str, int]) -> None:
    """Write so many pictures into each folder of `raw/`; `train` shows few kinds of lamps."""
    for seed, (name, count) in enumerate(counts.items()):
        write_set(Path("raw") / name, count, PLAIN if name == "train" else ALL, seed)


def write_set(
    folder: Path, count: int, shares: Shares, seed: int, names: Sequence[str] = CLASSES
) -> None:
    """Write so many pictures and their boxes, whose classes go by `names`."""
    chance = random.Random(seed)  # noqa: S311 - pictures
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(count):
        image = {"id": number, "file_name": f"{folder.name}-{number:04}.png"}
        lamps = _lamps(chance, shares)
        write_picture(folder / "images" / str(image["file_name"]), [lamp for _, lamp in lamps])
        images.append({**image, "width": WIDTH, "height": HEIGHT})
        for label, (box, _) in lamps:
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": number,
                    "category_id": CLASSES.index(label),
                    "bbox": list(box),
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(document) + "\n")
    sys.stdout.write(f"{folder.name}: {count} images\n")


def write_picture(path: Path, lamps: list[Lamp]) -> None:
    """Write a PNG without filters between its pixels."""
    rows = [bytearray(bytes(PANEL) * WIDTH) for _ in range(HEIGHT)]
    for (left, top, width, height), colour in lamps:
        for row in rows[top : top + height]:
            row[3 * left : 3 * (left + width)] = bytes(colour) * width
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    path.write_bytes(SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _lamps(chance: random.Random, shares: Shares) -> list[tuple[str, Lamp]]:
    found = []
    for x, y in chance.sample(CELLS, chance.randint(1, 4)):
        label, *hues = chance.choices(list(shares), list(shares.values()))[0]
        side = chance.randint(6, 11)
        box = (16 * x + chance.randint(1, 3), 16 * y + chance.randint(1, 3), side, side)
        found.append((label, (box, _colour(chance, *hues))))
    return found


def _colour(chance: random.Random, first: int, last: int) -> Colour:
    hue = chance.uniform(first, last if last > first else last + 360) % 360 / 360
    red, green, blue = colorsys.hsv_to_rgb(hue, chance.uniform(0.8, 1), chance.uniform(0.7, 1))
    return round(255 * red), round(255 * green), round(255 * blue)
