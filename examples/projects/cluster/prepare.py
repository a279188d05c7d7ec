"""Draws the example's pictures into `raw/`; `ymir init --example cluster` runs it once."""

import colorsys
import json
import random
import struct
import sys
import zlib
from pathlib import Path

from detector import HEIGHT, PANEL, SIGNATURE, WIDTH, Colour, Lamp

SETS = {"train": 40, "val": 40, "test": 200, "pool": 1200}
CLASSES = ("stop", "warn", "go")
# The share of lamps of each kind, and its hues in degrees; the first pictures show few kinds.
KINDS: dict[tuple[str, int, int], tuple[float, float]] = {
    ("stop", 355, 5): (0.5, 0.30),
    ("warn", 40, 50): (0.3, 0.20),
    ("go", 115, 125): (0.2, 0.20),
    ("stop", 320, 340): (0.0, 0.10),  # old glass has faded to pink
    ("warn", 12, 22): (0.0, 0.10),  # a dim bulb
    ("go", 62, 80): (0.0, 0.10),  # sunlight on the glass
}
CELLS = [(x, y) for y in range(3) for x in range(4)]


def main() -> None:
    """Write four sets in COCO's format."""
    for place, (name, count) in enumerate(SETS.items()):
        _write_set(Path("raw") / name, count, random.Random(place))  # noqa: S311 - pictures
        sys.stdout.write(f"{name}: {count} images\n")


def _write_set(folder: Path, count: int, chance: random.Random) -> None:
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(count):
        image = {"id": number, "file_name": f"{folder.name}-{number:04}.png"}
        lamps = _lamps(chance, is_first=folder.name == "train")
        _write_picture(folder / "images" / str(image["file_name"]), [lamp for _, lamp in lamps])
        images.append({**image, "width": 64, "height": 48})
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
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES)]
    document = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(document) + "\n")


def _write_picture(path: Path, lamps: list[Lamp]) -> None:
    """Write a PNG without filters between its pixels, which needs no library to be read."""
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


def _lamps(chance: random.Random, *, is_first: bool) -> list[tuple[str, Lamp]]:
    shares = [share[0 if is_first else 1] for share in KINDS.values()]
    found = []
    for x, y in chance.sample(CELLS, chance.randint(1, 4)):
        label, *hues = chance.choices(list(KINDS), shares)[0]
        side = chance.randint(6, 11)
        box = (16 * x + chance.randint(1, 3), 16 * y + chance.randint(1, 3), side, side)
        found.append((label, (box, _colour(chance, *hues))))
    return found


def _colour(chance: random.Random, first: int, last: int) -> Colour:
    hue = chance.uniform(first, last if last > first else last + 360) % 360 / 360
    red, green, blue = colorsys.hsv_to_rgb(hue, chance.uniform(0.8, 1), chance.uniform(0.7, 1))
    return round(255 * red), round(255 * green), round(255 * blue)


if __name__ == "__main__":
    main()
