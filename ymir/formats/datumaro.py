"""Datumaro: a JSON file per subset; boxes are x, y, w, h in pixels from 0, as in ymir.

    images/default/a.jpg        the image, in the folder of its subset
    annotations/default.json    its classes, its images, and what is on them

The splits are the subsets. What belongs to one object has one `group`: a box, and the polygons or
the run lengths of its mask; a mask without a box has the box around it. Attributes called
`is_crowd` and `score` mean a crowd and a prediction, those of an image are its tags. Turned boxes
are refused; points, captions and the like are counted, not kept. Images that no subset lists have
no labels, and are kept (github.com/open-edge-platform/datumaro, "Datumaro format").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ymir.contracts.format import Found, Listing, Splits
from ymir.errors import DataError
from ymir.layouts.export import copy_images, keyed
from ymir.layouts.listed import in_order
from ymir.layouts.masks import MaskError, box_of, check_mask, check_runs, encoded
from ymir.layouts.names import Names, NoImageError
from ymir.layouts.written import WrittenError, key_of, numbers, size_in, tags_in
from ymir.media.files import files_under, is_image, stray_images

if TYPE_CHECKING:
    import polars as pl

_FOLDER = "annotations/"
_SUBSET = "default"  # what Datumaro calls the only one
_IMAGE = 2  # the number of its kind of media
_DEGREE = 3  # decimals that are written: a thousandth of a pixel
_KINDS = ("bbox", "polygon", "mask")
_MEANT = frozenset({"is_crowd", "score", "rotation"})  # attributes that are not just said
_HINT = "export it as `datumaro`, with its images; the JSON files lie in `annotations/`"

_Row = Mapping[str, Any]
_Labels = Sequence[str | None]


def listing(folder: Path) -> Listing:
    """Images, wherever they lie, and the JSON files in `annotations/`."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    annotations = tuple(name for name in names if _is_annotation(name))
    files = Listing(folder, images, annotations, {**refused, **stray_images(names)})
    return replace(files, splits=Splits(partial(_splits, files)))


def read(listing: Listing) -> Iterator[Found]:
    """Read every subset, then hand out the images in order."""
    if not listing.annotations:
        raise DataError(f"there is no Datumaro file in `{listing.folder}`", hint=_HINT)
    names = Names(listing.others.union(listing.images))
    yield from in_order(_every(listing, names), listing, "this image is listed twice")


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Write `images/default/` and `annotations/default.json`."""
    names = copy_images(images, media, folder / "images" / _SUBSET)
    labels = images["objects"].explode().struct.field("label").drop_nulls().unique().sort()
    classes = {label: number for number, label in enumerate(labels)}
    omitted: Counter[str] = Counter()
    rows, numbered = images.iter_rows(named=True), count(1)
    items = [_item(row, names[row["image"]], classes, numbered, omitted) for row in rows]
    listed = [{"name": label, "parent": "", "attributes": []} for label in classes]
    document = {
        "dm_format_version": "1.0",
        "media_type": _IMAGE,
        "infos": {},
        "categories": {"label": {"labels": listed, "label_groups": [], "attributes": []}},
        "items": items,
    }
    target = folder / _FOLDER / f"{_SUBSET}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    return omitted


def _is_annotation(name: str) -> bool:
    inside = name.removeprefix(_FOLDER)
    return inside != name and "/" not in inside and inside.lower().endswith(".json")


def _subset(source: str) -> str:
    return source.removeprefix(_FOLDER).rpartition(".")[0]


def _splits(listing: Listing) -> Mapping[str, Callable[[], Iterable[str]]]:
    return {_subset(each): partial(_files_of, listing, each) for each in listing.annotations}


def _files_of(listing: Listing, source: str) -> Iterator[str]:
    """The file of a subset, and the images that it lists."""
    yield source
    names = Names.of(listing.images)
    for item in _document(listing.folder / source)[1]:
        try:
            yield _image_of(item, source, names)
        except NoImageError:
            continue  # whoever reads the file says why


def _document(file: Path) -> tuple[_Labels, Sequence[_Row]]:
    """The classes of a subset in the order of their numbers, and its items."""
    try:
        written = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise DataError(f"`{file}` cannot be read: {error}") from error
    items = _at(written, "items")
    if not _are_rows(items) or not isinstance(_at(written, "categories"), dict):
        raise DataError(f"`{file}` is no file of Datumaro", hint=_HINT)
    labels = _at(written, "categories", "label", "labels") or []
    if not _are_rows(labels):
        raise DataError(f"`{file}`: its `labels` are no list", hint=_HINT)
    names = (each.get("name") for each in labels)
    return [name if isinstance(name, str) and name.strip() else None for name in names], items


def _at(written: object, *keys: str) -> Any:  # noqa: ANN401 - JSON
    """What stands below these keys, or None."""
    for key in keys:
        written = written.get(key) if isinstance(written, dict) else None
    return written


def _are_rows(written: object) -> bool:
    return isinstance(written, list) and all(isinstance(each, dict) for each in written)


def _image_of(item: _Row, source: str, names: Names) -> str:
    """The image of an item, which may say no more than its name without the ending."""
    path = _at(item, "image", "path") or f"{item.get('id')}.jpg"
    return names.find(path, f"images/{_subset(source)}")


def _found(item: _Row, source: str, labels: _Labels, names: Names) -> Found:
    """What an item says of its image."""
    image = f"{source}: {item.get('id')}"
    try:
        image = _image_of(item, source, names)
        size = _size(_at(item, "image", "size"))
        rows = _annotations(item)
        objects = [_object(together, labels, size) for together in _instances(rows)]
    except (WrittenError, MaskError, NoImageError) as error:
        return Found(image, annotation=source, problem=f"`{source}`: {item.get('id')}: {error}")
    others = (str(each.get("type")) for each in rows if each.get("type") not in _KINDS)
    ignored = Counter(f"`{kind}` of Datumaro" for kind in others)
    return Found(image, objects, tags_in(item.get("attr")), size, source, ignored=ignored)


def _every(listing: Listing, names: Names) -> Iterator[Found]:
    for source in listing.annotations:
        labels, items = _document(listing.folder / source)
        yield from (_found(item, source, labels, names) for item in items)


def _annotations(item: _Row) -> Sequence[_Row]:
    rows = item.get("annotations") or []
    if not _are_rows(rows):
        raise WrittenError("its annotations are no list")
    return rows


def _size(written: object) -> tuple[int, int] | None:
    height, width = numbers(written, 2, "size") if written else (0, 0)
    return size_in({"width": width, "height": height})


def _instances(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    """What is said of one object each; a group that may be several objects is taken apart."""
    groups: dict[object, list[_Row]] = {}
    for at, each in enumerate(each for each in rows if each.get("type") in _KINDS):
        group = each.get("group")
        key = (key_of(group), key_of(each.get("label_id"))) if group else at
        groups.setdefault(key, []).append(each)
    for together in groups.values():
        kinds = Counter(each["type"] for each in together)
        is_one = max(kinds["bbox"], kinds["mask"], len(kinds.keys() - {"bbox"})) <= 1
        yield from [together] if is_one else ([each] for each in together)


def _object(
    together: Sequence[_Row], labels: _Labels, size: tuple[int, int] | None
) -> dict[str, Any]:
    """An object of a dataset: its box, or the one around its mask, and what is said of it."""
    mask = _mask(together)
    if mask:
        check_mask(mask, size)
    first = next((each for each in together if each["type"] == "bbox"), together[0])
    if first["type"] == "bbox":
        box = numbers(first.get("bbox"), 4, "`bbox`")
    elif (around := box_of(mask)) is not None:
        box = around
    else:
        raise WrittenError("its mask is empty")
    found: dict[str, Any] = {"label": _label(first.get("label_id"), labels)}
    found |= dict(zip("xywh", box, strict=True))
    if mask:
        found["mask"] = orjson.dumps(mask).decode()
    return found | _said(first.get("attributes"))


def _said(attributes: object) -> dict[str, Any]:
    """What the attributes of an object mean."""
    if not isinstance(attributes, dict):
        return {}
    if attributes.get("rotation"):
        raise WrittenError("its box is turned, which ymir has no place for")
    said: dict[str, Any] = {}
    if attributes.get("is_crowd"):
        said["crowd"] = True
    if attributes.get("score") is not None:
        said["score"] = numbers([attributes["score"]], 1, "`score`")[0]
    if kept := {key: value for key, value in attributes.items() if key not in _MEANT}:
        said["attributes"] = tags_in(kept)
    return said


def _mask(together: Sequence[_Row]) -> object:
    """The mask of an object as COCO writes it: run lengths, or polygons; none if it has none."""
    runs = [each.get("rle") for each in together if each["type"] == "mask"]
    parts = [each.get("points") for each in together if each["type"] == "polygon"]
    return runs[0] if runs else parts


def _label(number: object, labels: _Labels) -> str:
    name = labels[number] if type(number) is int and 0 <= number < len(labels) else None
    if name is None:
        raise WrittenError(f"there is no label {number}; they are 0 to {len(labels) - 1}")
    return name


def _item(
    row: _Row, name: str, classes: Mapping[str, int], numbered: Iterator[int], omitted: Counter[str]
) -> dict[str, Any]:
    """An image as an item; its id is its name without the ending."""
    annotations = []
    for each in row["objects"]:
        number = next(numbered)
        said = {"id": number, "group": number, "label_id": classes[each["label"]]}
        more = {"attributes": _attributes(each, omitted), "z_order": 0}
        annotations += [{**said, **shape, **more} for shape in _shapes(each)]
    item = {"id": name.rpartition(".")[0], "annotations": annotations}
    image = {"path": name, "size": [row["height"], row["width"]]}
    return {**item, "attr": keyed(row["tags"]), "image": image}


def _attributes(each: _Row, omitted: Counter[str]) -> dict[str, Any]:
    kept = keyed(tag for tag in each["attributes"] if tag["key"] not in _MEANT)
    omitted["attributes"] += len(each["attributes"]) - len(kept)
    crowd = {"is_crowd": True} if each["crowd"] else {}
    return {**kept, **crowd, **({} if each["score"] is None else {"score": each["score"]})}


def _shapes(each: _Row) -> Iterator[dict[str, Any]]:
    """The box of an object, and its mask in as many parts as it has."""
    yield {"type": "bbox", "bbox": [round(each[side], _DEGREE) for side in "xywh"]}
    mask = orjson.loads(each["mask"]) if each["mask"] else []
    if isinstance(mask, list):
        yield from ({"type": "polygon", "points": points} for points in mask)
    else:
        yield {"type": "mask", "rle": {**mask, "counts": encoded(check_runs(mask)[0])}}
