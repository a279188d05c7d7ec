"""PASCAL VOC: one XML file per image.

VOC counts pixels from 1 and names the first and the last one of a box (VOC devkit, "development
kit document", section on annotations); ymir's boxes count from 0 and end behind the last pixel:
x = xmin - 1, w = xmax - xmin + 1.

An annotation belongs to the image of the same name in the same folder, where `JPEGImages` and
`images` are the same folder as `Annotations`, `annotations` and `gt`. An image without one has no
labels, and is kept. `filename` and `folder` in the XML are often wrong and not read.

Splits are the devkit's: `ImageSets/Main/train.txt` lists images without their suffixes. Attributes
are what differs from VOC's defaults in `pose`, `truncated`, `difficult` and `occluded`, and YMIR's
`tags` of an object; `cks` are tags of the image. A `confidence` from 0 is a score, and the object a
prediction; YMIR writes -1 where there is none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import orjson

from ymir.contracts.format import Found, Listing, Splits
from ymir.errors import DataError
from ymir.layouts.boxes import Boxes
from ymir.layouts.export import copy_images
from ymir.layouts.partners import by_stem, pairs, stem_of
from ymir.layouts.partners import partners as pair_up
from ymir.media.files import IMAGE_SUFFIXES, files_under, is_image, read_file, stray_images

if TYPE_CHECKING:
    import polars as pl

_LAYOUT = frozenset({"jpegimages", "images", "annotations", "gt"})
_LISTS = "imagesets/main/"
_KINDS = {".xml": "xml", ".txt": "txt", **dict.fromkeys(IMAGE_SUFFIXES, "image")}
_FLAGS = frozenset({"-1", "0", "1"})  # of an image in a list: without the class, difficult, with it
_NOT_DETECTION = frozenset({"imagesets", "segmentationclass", "segmentationobject"})
_TYPICAL = 8192  # bytes of XML; more takes a second read
_LARGEST = 16 << 20  # bytes of XML for one image
_DEFAULTS = {"pose": "Unspecified", "truncated": "0", "difficult": "0", "occluded": "0"}

_ABOUT = rb"(?:\s*+<(folder|filename|path|segmented)>[\w .,:/()+@#-]*+</\%d>)*+\s*+"
_HEAD = re.compile(
    rb"(?:<\?xml version=\"1\.0\"(?: encoding=\"(?:utf|UTF)-8\")? ?\?>)?\s*+<annotation>"
    + _ABOUT % 1
    + rb"<size>\s*+<width>([1-9]\d{0,8})</width>"
    rb"\s*+<height>([1-9]\d{0,8})</height>"
    rb"\s*+<depth>\d++</depth>\s*+</size>" + _ABOUT % 4
)
_OBJECT = re.compile(
    rb"<object>\s*+<name>(\w[\w .,:/()+@#-]*+)(?<=\w)</name>\s*+"
    rb"(?:<pose>Unspecified</pose>\s*+)?+(?:<truncated>0</truncated>\s*+)?+"
    rb"(?:<difficult>0</difficult>\s*+)?+<bndbox>\s*+"
    + b"".join(
        rb"<%b>(-?+[\d.]++)</%b>\s*+" % (name, name)
        for name in (b"xmin", b"ymin", b"xmax", b"ymax")
    )
    + rb"</bndbox>\s*+</object>\s*+"
)
_TAIL = re.compile(rb"</annotation>\s*+")
_FIELDS = 6  # of an object in a text that is split at objects: five groups, and what comes next
_ELEMENT = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)  # what can name an XML element
_NOT_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # XML has no way to write these


class _BrokenError(Exception):
    """An annotation cannot be used; the text says why."""


def listing(folder: Path) -> Listing:
    """Images and XML files, in the devkit's layout, side by side, or in sub-folders."""
    every, refused = files_under(folder)
    kinds = _by_kind(every)
    images, annotations = kinds["image"], kinds["xml"]
    partners, alone = pair_up(images, annotations, _LAYOUT)
    stray = {**refused, **stray_images(kinds["other"]), **alone}
    files = Listing(folder, tuple(images), tuple(annotations), stray, partners=partners)
    return replace(files, splits=Splits(partial(_splits, files, kinds["list"])))


def read(listing: Listing) -> Iterator[Found]:
    """Read the annotation of each image."""
    for image, annotation, problem in pairs(listing):
        if annotation is None:
            yield Found(image, problem=problem)
        else:
            yield _read_one(listing, image, annotation)


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Write `JPEGImages/` and `Annotations/`; corners are rounded to whole pixels."""
    names = copy_images(images, media, folder / "JPEGImages")
    (folder / "Annotations").mkdir(parents=True, exist_ok=True)
    for row in images.iter_rows(named=True):
        name = names[row["image"]]
        target = folder / "Annotations" / (name.rpartition(".")[0] + ".xml")
        target.write_bytes(_document(row, name))
    return {}


def _by_kind(names: Iterable[str]) -> Mapping[str, list[str]]:
    """Images, XML files, lists of splits, and others; those not for detection are none of them."""
    kinds: dict[str, list[str]] = {kind: [] for kind in ("image", "xml", "list", "other")}
    for name in names:
        folder = name[: name.rfind("/") + 1]
        kind = _KINDS.get(name[name.rfind(".") :].lower(), "other")
        if kind == "txt":
            kind = "list" if f"/{folder}".lower().endswith(_LISTS) else "other"
        if kind == "list" or _is_for_detection(folder):
            kinds[kind].append(name)
    return kinds


def _splits(listing: Listing, lists: Sequence[str]) -> Mapping[str, Callable[[], Iterable[str]]]:
    """What reads the files of each split; the devkit's lists per class (`cat_train`) are some."""
    named: dict[str, list[str]] = {}
    for name in lists:
        named.setdefault(name.rpartition("/")[2].removesuffix(".txt"), []).append(name)
    return {name: partial(_files_of, listing, files) for name, files in named.items()}


def _files_of(listing: Listing, lists: Sequence[str]) -> Iterator[str]:
    """The images that some lists name, and their annotations."""
    files = by_stem((*listing.images, *listing.annotations), _LAYOUT)
    for name in lists:
        top = name[: name.lower().rindex(_LISTS)]
        for image in _listed(listing.folder / name):
            beside = stem_of(f"{top}JPEGImages/{image}.", _LAYOUT)
            at_the_top = stem_of(f"{top}{image}.", _LAYOUT)
            yield from files.get(beside) or files.get(at_the_top) or (image,)


def _listed(file: Path) -> Iterator[str]:
    """The images that a list names, less their suffixes; those marked `-1` are not in it."""
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"`{file}` cannot be read: {error}", hint="save it as UTF-8") from error
    for line in filter(None, map(str.strip, lines)):
        name, _, flag = line.rpartition(" ")
        image = name.strip() if flag in _FLAGS and name else line
        if flag != "-1" or not name:
            yield image[: image.rindex(".")] if is_image(image) else image


@lru_cache(maxsize=4096)
def _is_for_detection(folder: str) -> bool:
    return _NOT_DETECTION.isdisjoint(folder.lower().split("/"))


def _read_one(listing: Listing, image: str, annotation: str) -> Found:
    try:
        content = listing.contents.get(annotation)
        if content is None:
            content = read_file(f"{listing.folder}/{annotation}", _TYPICAL, _LARGEST)
        plain = _plain(content) if len(content) <= _LARGEST else None
        if plain:
            return Found(image, plain[1], (), plain[0], annotation)
        root = _parse(content)
        objects = tuple(_object(each) for each in root.iterfind("object"))
        declared, tags = _declared(root), tuple(_tags(root.find("cks")))
    except (_BrokenError, OSError) as error:
        return Found(image, annotation=annotation, problem=f"`{annotation}`: {error}")
    return Found(image, objects, tags, declared, annotation)


_label = lru_cache(maxsize=4096)(lambda text: sys.intern(text.decode()))


def _plain(content: bytes) -> tuple[tuple[int, int], Boxes] | None:
    """Size and objects of an annotation in the devkit's plain form, in a third of a parser's time.

    None where anything at all is unusual: then the parser decides what the file says.
    """
    before, *parts = _OBJECT.split(content)
    head = _HEAD.fullmatch(before)
    if not head or not parts or not _TAIL.fullmatch(parts.pop()) or any(parts[5::_FIELDS]):
        return None
    labels = list(map(_label, parts[::_FIELDS]))
    del parts[5::_FIELDS], parts[::5]
    try:
        corners = orjson.loads(b"[%b]" % b",".join(parts))
    except ValueError:  # `1.2.3`, `007`
        return None
    return (int(head[2]), int(head[3])), Boxes(labels, corners)


class _NoDoctype(ET.TreeBuilder):
    """Builds the tree, and refuses what could define entities."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise _BrokenError("it has a document type (DTD), which may hide entities")


def _parse(content: bytes) -> ET.Element:
    if len(content) > _LARGEST:
        raise _BrokenError(f"it is larger than {_LARGEST >> 20} MB")
    parser = ET.XMLParser(target=_NoDoctype())  # noqa: S314 - without a DTD there are no entities
    try:
        parser.feed(content)
        root = parser.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise _BrokenError(f"broken XML: {error}") from error
    if root.tag != "annotation":
        raise _BrokenError(f"this is `{root.tag}`, not a VOC `annotation`")
    return root


def _object(element: ET.Element) -> dict[str, Any]:
    label = (element.findtext("name") or "").strip()
    if not label:
        raise _BrokenError("an `object` has no `name`")
    box = element.find("bndbox")
    if box is None:
        raise _BrokenError(f"a `{label}` has no `bndbox`")
    x_min, y_min = _corner(box, "xmin", label), _corner(box, "ymin", label)
    found: dict[str, Any] = {
        "label": sys.intern(label),
        "x": x_min - 1,
        "y": y_min - 1,
        "w": _corner(box, "xmax", label) - (x_min - 1),
        "h": _corner(box, "ymax", label) - (y_min - 1),
    }
    return found | _extras(element, label)


def _corner(box: ET.Element, name: str, label: str) -> float:
    text = box.findtext(name)
    if text is None:
        raise _BrokenError(f"the box of a `{label}` has no `{name}`")
    try:
        return _float(text)
    except ValueError as error:
        raise _BrokenError(f"the `{name}` of a `{label}` is not a number: `{text}`") from error


def _float(text: str) -> float:
    """A number as other programs read it, too: without `_`, and in the usual digits."""
    return float(text if text.isascii() and "_" not in text else "")


def _extras(element: ET.Element, label: str) -> dict[str, Any]:
    """What few boxes have: what differs from VOC's defaults, and YMIR's additions."""
    extras: dict[str, Any] = {}
    attributes = [
        {"key": name, "value": value}
        for name, default in _DEFAULTS.items()
        if (value := element.findtext(name) or default) != default
    ]
    attributes += _tags(element.find("tags"))
    if attributes:
        extras["attributes"] = attributes
    if element.findtext("crowd") == "1":
        extras["crowd"] = True
    if mask := element.findtext("segmentation"):
        extras["mask"] = mask
    score = element.findtext("confidence")
    if score is not None and (number := _number(score, f"the confidence of a `{label}`")) >= 0:
        extras["score"] = number
    return extras


def _tags(element: ET.Element | None) -> list[dict[str, str]]:
    children = () if element is None else element
    return [{"key": child.get("key", child.tag), "value": child.text or ""} for child in children]


def _declared(root: ET.Element) -> tuple[int, int] | None:
    size = root.find("size")
    if size is None:
        return None
    width = _number(size.findtext("width", "0"), "the image's `width`")
    height = _number(size.findtext("height", "0"), "the image's `height`")
    return (int(width), int(height)) if width and height else None


def _number(text: str | None, what: str) -> float:
    try:
        number = _float(text or "")
    except ValueError as error:
        raise _BrokenError(f"{what} is not a number: `{text}`") from error
    if not isfinite(number):
        raise _BrokenError(f"{what} is not a number: `{text}`")
    return number


def _document(row: Mapping[str, Any], name: str) -> bytes:
    """The annotation of one row of a table."""
    root = ET.Element("annotation")
    _add(root, "folder", "JPEGImages")
    _add(root, "filename", name)
    size = ET.SubElement(root, "size")
    for key, value in (("width", row["width"]), ("height", row["height"]), ("depth", 3)):
        _add(size, key, value)
    _add(root, "segmented", 0)
    if row["tags"]:
        _add_tags(root, "cks", row["tags"])
    for each in row["objects"]:
        _add_object(root, each)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8"))


def _add_object(root: ET.Element, each: Mapping[str, Any]) -> None:
    element = ET.SubElement(root, "object")
    _add(element, "name", each["label"])
    attributes = {tag["key"]: tag["value"] for tag in each["attributes"]}
    for key, default in _DEFAULTS.items():
        _add(element, key, attributes.pop(key, default))
    box = ET.SubElement(element, "bndbox")
    x_min, y_min = round(each["x"] + 1), round(each["y"] + 1)
    _add(box, "xmin", x_min)
    _add(box, "ymin", y_min)
    _add(box, "xmax", max(x_min, round(each["x"] + each["w"])))
    _add(box, "ymax", max(y_min, round(each["y"] + each["h"])))
    if attributes:
        _add_tags(element, "tags", [{"key": k, "value": v} for k, v in attributes.items()])
    if each["crowd"]:
        _add(element, "crowd", 1)
    if each["mask"] is not None:
        _add(element, "segmentation", each["mask"])
    if each["score"] is not None:
        _add(element, "confidence", round(each["score"], 6))


def _add_tags(parent: ET.Element, name: str, tags: list[dict[str, str]]) -> None:
    element = ET.SubElement(parent, name)
    for tag in tags:
        key = tag["key"]
        if _ELEMENT.fullmatch(key):
            _add(element, key, tag["value"])
        else:
            _add(element, "tag", tag["value"])
            element[-1].set("key", _NOT_XML.sub("\ufffd", key))


def _add(parent: ET.Element, name: str, text: object) -> None:
    ET.SubElement(parent, name).text = _NOT_XML.sub("\ufffd", str(text))
