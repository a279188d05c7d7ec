"""Write one dataset of a `mir` repository as a COCO folder: `images/` and `annotations.json`."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from pydantic import JsonValue

from ymir.migration.assets import Media
from ymir.migration.classes import Classes
from ymir.migration.messages import Asset, Box

_CORNERS = 3  # of a polygon, at least


@dataclass(frozen=True)
class Picture:
    """One image to write: its SHA-1, what it is to be called, what stands on it."""

    image: str
    file: str
    asset: Asset
    tags: Mapping[str, str]
    boxes: list[Box]


@dataclass(frozen=True)
class Rejected:
    """What cannot be taken over, and why; `images` is 0 where only boxes are lost."""

    file: str
    reason: str
    images: int = 0
    boxes: int = 0


@dataclass
class Written:
    """What came of a folder; grows while it is written."""

    names: dict[str, int] = field(default_factory=dict)  # class -> its number in the file
    images: int = 0
    boxes: int = 0
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True)
class Meaning:
    """How boxes are to be read: names of classes, the first pixel, and whether they are true."""

    classes: Classes
    first: int
    is_truth: bool


def write_coco(
    pictures: Iterator[Picture], media: Media, folder: Path, meaning: Meaning
) -> Written:
    """Write the folder; two files grow at once, so no dataset is held in memory."""
    (folder / "images").mkdir(parents=True)
    written, later = Written(), folder / "objects.part"
    with (folder / "annotations.json").open("wb") as file, later.open("w+b") as objects:
        file.write(b'{"images": [')
        for picture in pictures:
            media.place(picture.image, folder / "images" / picture.file)
            written.images += 1
            file.write(_comma(written.images) + orjson.dumps(_image(picture, written.images)))
            for entry in _entries(picture, meaning, written):
                objects.write(_comma(written.boxes) + orjson.dumps(entry))
        file.write(b'\n], "annotations": [')
        objects.seek(0)
        while piece := objects.read(1 << 20):
            file.write(piece)
        categories = [{"id": number, "name": name} for name, number in written.names.items()]
        file.write(b'\n], "categories": ' + orjson.dumps(categories) + b"}\n")
    later.unlink()
    return written


def _comma(count: int) -> bytes:
    return b"\n" if count == 1 else b",\n"


def _image(picture: Picture, number: int) -> dict[str, JsonValue]:
    asset = picture.asset
    size: dict[str, JsonValue] = {"width": asset.width, "height": asset.height}
    tags: dict[str, JsonValue] = {"split": asset.split} if asset.split else {}
    tags.update(picture.tags)
    return {"id": number, "file_name": picture.file, **size, **({"tags": tags} if tags else {})}


def _entries(
    picture: Picture, meaning: Meaning, written: Written
) -> Iterator[dict[str, JsonValue]]:
    for box in picture.boxes:
        name = meaning.classes.name(box.class_id, box.class_name)
        why = _fault(box, name, meaning)
        if why or not name:
            written.rejected.append(Rejected(picture.file, why, boxes=1))
            continue
        written.boxes += 1
        category = written.names.setdefault(name, len(written.names) + 1)
        place: dict[str, JsonValue] = {"image_id": written.images, "category_id": category}
        yield {"id": written.boxes, **place, **_object(box, picture.asset, meaning)}


def _fault(box: Box, name: str | None, meaning: Meaning) -> str:
    """Why a box cannot be taken over, or nothing."""
    if not name:
        return f"a box is of class {box.class_id}, which has no name"
    if meaning.is_truth or 0 <= box.score <= 1:
        return ""
    score = "no score" if box.score < 0 else f"the score {box.score:g}, not one of 0 to 1"
    return f"a prediction of `{name}` has {score}"


def _object(box: Box, asset: Asset, meaning: Meaning) -> dict[str, JsonValue]:
    x, y = box.x - meaning.first, box.y - meaning.first
    found: dict[str, JsonValue] = {
        "bbox": [x, y, box.w, box.h],
        "iscrowd": int(box.is_crowd),
        "segmentation": _segmentation(box, asset),
    }
    if not meaning.is_truth:
        found["score"] = box.score
    attributes = _attributes(box, meaning)
    return {**found, "attributes": attributes} if attributes else found


def _segmentation(box: Box, asset: Asset) -> JsonValue:
    if box.mask:
        return {"counts": box.mask, "size": [asset.height, asset.width]}
    return [list(box.polygon)] if len(box.polygon) >= 2 * _CORNERS else []


def _attributes(box: Box, meaning: Meaning) -> dict[str, JsonValue]:
    """What a table has no column for: a truth may have a score, which is not one of a detector."""
    numbers = {
        "box_quality": box.quality if box.quality > 0 else 0.0,
        "rotate_angle": box.angle,
        "confidence": box.score if meaning.is_truth and box.score > 0 else 0.0,
    }
    told = {name: f"{each:.7g}" for name, each in numbers.items() if each and math.isfinite(each)}
    return {**told, **box.tags}
