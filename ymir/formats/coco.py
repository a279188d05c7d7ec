"""COCO: one JSON file for many images; boxes are x, y, w, h in pixels from 0, as in ymir.

Read are `annotations.json`, or else every JSON file at the top, in `annotations/` and in `gt/`.
Polygons and run-length masks are kept as they are; a box that is left out is drawn around its
polygons. Images in the folder that no file lists have no labels, and are kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import orjson

from ymir.contracts.format import Found, Listing
from ymir.errors import DataError
from ymir.media.export import copy_images
from ymir.media.files import files_under, is_image, stray_images

if TYPE_CHECKING:
    import polars as pl

_MAIN = "annotations.json"
_FOLDERS = frozenset({"", "annotations", "gt"})
_DEGREE = 3  # decimals that are written: a thousandth of a pixel


class _BrokenError(Exception):
    """An entry cannot be used; the text says why."""


@dataclass
class _Entry:
    """What the files say of one image, as it is gathered."""

    source: str
    declared: tuple[int, int] | None = None
    tags: tuple[Mapping[str, str], ...] = ()
    objects: list[Mapping[str, Any]] = field(default_factory=list)
    problem: str | None = None

    def found(self, image: str) -> Found:
        """The entry under the name of its image."""
        objects = tuple(self.objects)
        return Found(image, objects, self.tags, self.declared, self.source, self.problem)


def listing(folder: Path) -> Listing:
    """Images in `images/`, at the top or in sub-folders, and the JSON files that describe them."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    annotations = tuple(name for name in names if _is_annotation(name))
    if _MAIN in annotations:
        annotations = (_MAIN,)
    return Listing(folder, images, annotations, {**refused, **stray_images(names)})


def read(listing: Listing) -> Iterator[Found]:
    """Read every JSON file, then hand out the images in order."""
    if not listing.annotations:
        hint = "put the annotations into `annotations.json`, the images into `images/`"
        raise DataError(f"there is no COCO file in `{listing.folder}`", hint=hint)
    names = _Names.of(listing)
    entries: dict[str, _Entry] = {}
    for annotation in listing.annotations:
        _gather(_load(listing.folder, annotation), annotation, names, entries)
    for image in listing.images:
        entry = entries.pop(image, None)
        yield entry.found(image) if entry else Found(image)
    for image, entry in sorted(entries.items()):
        yield entry.found(image)


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Write `images/` and `annotations.json`."""
    names = copy_images(images, media, folder / "images")
    rows = list(images.iter_rows(named=True))
    labels = sorted({each["label"] for row in rows for each in row["objects"]})
    categories = {label: number for number, label in enumerate(labels, start=1)}
    annotations = [
        _annotation(each, number, categories)
        for number, row in enumerate(rows, start=1)
        for each in row["objects"]
    ]
    document = {
        "images": [_image(row, number, names) for number, row in enumerate(rows, start=1)],
        "annotations": [{"id": at, **each} for at, each in enumerate(annotations, start=1)],
        "categories": [{"id": number, "name": label} for label, number in categories.items()],
    }
    (folder / _MAIN).write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return {}


def _is_annotation(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return folder in _FOLDERS and file.lower().endswith(".json")


@dataclass(frozen=True)
class _Names:
    """The images of a listing, by the names that a COCO file may call them."""

    exact: Mapping[str, str]
    bare: Mapping[str, str | None]  # file name alone; None where two images share it

    @classmethod
    def of(cls, listing: Listing) -> _Names:
        exact = {name.removeprefix("images/"): name for name in listing.images}
        exact |= {name: name for name in listing.images}
        bare: dict[str, str | None] = {}
        for name in listing.images:
            file = name.rpartition("/")[2]
            bare[file] = None if file in bare else name
        return cls(exact, bare)

    def find(self, written: object) -> str:
        """The image that is called `written`; inside the folder, and there."""
        if not isinstance(written, str) or not written:
            raise _BrokenError("an image has no `file_name`")
        name = PurePosixPath(written.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise _BrokenError(f"`{written}` leads out of the dataset's folder")
        image = self.exact.get(str(name)) or (
            self.bare.get(str(name)) if len(name.parts) == 1 else None
        )
        if image is None:
            how_many = "more than one file of" if str(name) in self.bare else "no file of"
            raise _BrokenError(f"`{written}` is listed, but there is {how_many} this name")
        return image


def _load(folder: Path, annotation: str) -> Mapping[str, list[Mapping[str, Any]]]:
    try:
        document = orjson.loads((folder / annotation).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise DataError(f"`{folder / annotation}` cannot be read: {error}") from error
    keys = ("images", "annotations", "categories")
    if not isinstance(document, dict) or not all(
        isinstance(document.get(key), list)
        and all(isinstance(each, dict) for each in document[key])
        for key in keys
    ):
        hint = "it needs the lists `images`, `annotations` and `categories`"
        raise DataError(f"`{folder / annotation}` is not a COCO file", hint=hint)
    return document


def _gather(
    document: Mapping[str, list[Mapping[str, Any]]],
    source: str,
    names: _Names,
    entries: dict[str, _Entry],
) -> None:
    """Add what one file says to `entries`."""
    categories = _categories(document["categories"], source)
    by_id = _images(document["images"], source, names, entries)
    seen: set[object] = set()
    for each in document["annotations"]:
        entry = by_id.get(_key(each.get("image_id")))
        if entry is None:
            ghost = f"{source}: image_id {each.get('image_id')}"
            entry = entries.setdefault(ghost, _Entry(source))
            entry.problem = f"`{source}`: annotations name an image_id that `images` does not list"
        try:
            entry.objects.append(_object(each, categories))
        except _BrokenError as error:
            entry.problem = f"`{source}`: annotation {each.get('id')}: {error}"
        if "id" in each and _key(each["id"]) in seen:
            entry.problem = f"`{source}`: annotation id {each['id']} is used twice"
        seen.add(_key(each.get("id")))


def _images(
    listed: list[Mapping[str, Any]], source: str, names: _Names, entries: dict[str, _Entry]
) -> dict[object, _Entry]:
    """The entries of a file's images by id; those that cannot be used say why."""
    by_id: dict[object, _Entry] = {}
    for each in listed:
        entry = _Entry(source)
        try:
            entry.declared, entry.tags = _declared(each), _tags(each.get("tags"))
            name = names.find(each.get("file_name"))
        except _BrokenError as error:
            name = str(each.get("file_name") or f"{source}: image {each.get('id')}")
            entry.problem = f"`{source}`: {error}"
        key = _key(each.get("id"))
        if name in entries:
            entry = entries[name]
            entry.problem = f"`{name}` is listed twice"
        if key in by_id:
            entry.problem = by_id[key].problem = f"`{source}`: image id {key} is used twice"
        entries[name] = by_id[key] = entry
    return by_id


def _categories(listed: list[Mapping[str, Any]], source: str) -> dict[object, str]:
    names: dict[object, str] = {}
    for each in listed:
        key, name = _key(each.get("id")), each.get("name")
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"`{source}`: category {key} has no name")
        if names.setdefault(key, name) != name:
            raise DataError(f"`{source}`: category id {key} is both `{names[key]}` and `{name}`")
    return names


def _object(each: Mapping[str, Any], categories: Mapping[object, str]) -> dict[str, Any]:
    category = _key(each.get("category_id"))
    if category not in categories:
        raise _BrokenError(f"there is no category {category}")
    segmentation = each.get("segmentation")
    x, y, w, h = _box(each.get("bbox"), segmentation)
    found: dict[str, Any] = {
        "label": sys.intern(categories[category]),
        "x": x,
        "y": y,
        "w": w,
        "h": h,
    }
    if each.get("iscrowd"):
        found["crowd"] = True
    if segmentation:
        found["mask"] = orjson.dumps(segmentation).decode()
    if each.get("score") is not None:
        (found["score"],) = _numbers([each["score"]], 1, "`score`")
    if attributes := _tags(each.get("attributes")):
        found["attributes"] = attributes
    return found


def _box(bbox: object, segmentation: object) -> tuple[float, ...]:
    if bbox:
        return _numbers(bbox, 4, "`bbox`")
    if not segmentation or not isinstance(segmentation, list):
        raise _BrokenError("it has no `bbox`, and no polygon to draw one around")
    points = [_numbers(part, None, "`segmentation`") for part in segmentation]
    xs = [x for part in points for x in part[::2]]
    ys = [y for part in points for y in part[1::2]]
    if not xs or not ys:
        raise _BrokenError("it has no `bbox`, and an empty polygon")
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _numbers(values: object, count: int | None, what: str) -> tuple[float, ...]:
    if not isinstance(values, list) or len(values) != (count or len(values)):
        raise _BrokenError(f"its {what} is not {count or 'a list of'} numbers")
    if not all(isinstance(each, int | float) for each in values):
        raise _BrokenError(f"its {what} is not numbers: {values}")
    return tuple(values)


def _declared(each: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = each.get("width"), each.get("height")
    if not width or not height:
        return None
    width, height = _numbers([width, height], 2, "size")
    return int(width), int(height)


def _tags(written: object) -> tuple[dict[str, str], ...]:
    if not isinstance(written, dict):
        return ()
    return tuple({"key": str(key), "value": str(value)} for key, value in written.items())


def _key(written: object) -> object:
    """An id as something to look up, whatever stands in the file."""
    return written if isinstance(written, int | str) else repr(written)


def _image(row: Mapping[str, Any], number: int, names: Mapping[str, str]) -> dict[str, Any]:
    entry = {
        "id": number,
        "file_name": names[row["image"]],
        "width": row["width"],
        "height": row["height"],
    }
    return entry | ({"tags": _mapping(row["tags"])} if row["tags"] else {})


def _annotation(
    each: Mapping[str, Any], image: int, categories: Mapping[str, int]
) -> dict[str, Any]:
    box = [round(each[key], _DEGREE) for key in ("x", "y", "w", "h")]
    entry = {
        "image_id": image,
        "category_id": categories[each["label"]],
        "bbox": box,
        "area": round(box[2] * box[3], _DEGREE),
        "iscrowd": int(each["crowd"]),
        "segmentation": orjson.loads(each["mask"]) if each["mask"] is not None else [],
    }
    if each["attributes"]:
        entry["attributes"] = _mapping(each["attributes"])
    return entry | ({"score": each["score"]} if each["score"] is not None else {})


def _mapping(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in tags}
