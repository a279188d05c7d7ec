"""YOLO: a text file per image, a line per object, every number a share of the image's size.

    data.yaml             names: [cat, dog], or {0: cat, 1: dog}; path, train, val, test
    images/day/a.jpg      the image
    labels/day/a.txt      its objects; or beside it, as darknet has them

    0 0.5 0.5 0.2 0.1             class, then centre x, centre y, width and height of a box
    0 0.5 0.5 0.2 0.1 0.87        … and a score: a prediction
    0 0.1 0.1 0.3 0.1 0.3 0.4     class, then x and y of a polygon's points; one more is its score

Classes are numbers from 0 (Ultralytics, "Object detection datasets" and "Instance segmentation
datasets"; darknet, "How to train to detect your custom objects"). Instead of `data.yaml` there may
be `classes.txt` or a `.names` file, a class per line. Points of poses are counted, not kept.
An image without a text file has no labels, and is kept. `train`, `val` and `test` are folders,
lists of folders, or text files with a name per line; `../train/images` is read as `train/images`.

Written are boxes; a polygon where it is the only one and fills its box. Crowds are left out, as the
layout has no word for them; tags stand in `tags.csv`.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import yaml

from ymir.contracts.format import Found, Listing, Splits
from ymir.dvc.files import write_whole
from ymir.errors import DataError
from ymir.layouts.boxes import Boxes
from ymir.layouts.export import copy_images, left_out
from ymir.layouts.masks import box_around, lone_polygon
from ymir.layouts.partners import Pair, by_stem, pairs, stem_of, stems
from ymir.layouts.partners import partners as pair_up
from ymir.layouts.settings import read_settings
from ymir.layouts.tags import write_tags
from ymir.media.files import files_under, is_image, read_file, stray_images

if TYPE_CHECKING:
    import polars as pl

_LAYOUT = frozenset({"images", "labels", "jpegimages"})  # darknet has labels beside JPEGImages
_YAML = (".yaml", ".yml")
_MAIN = ("data.yaml", "data.yml", "dataset.yaml")
_CLASSES = ("classes.txt", "obj.names", "_darknet.labels")
_SPLITS = ("train", "val", "test", "minival")
_TYPICAL = 2048  # bytes of text; more takes a second read
_LARGEST = 16 << 20  # bytes of text for one image
_LETTERS = b"0123456789.-+eE \t\r\n"  # of plain numbers
_BOX, _PREDICTION, _POLYGON = 5, 6, 7  # fields of a line; a polygon has this many or more
_FARTHEST = 2.0  # shares; what lies farther out was written in pixels


class _BrokenError(Exception):
    """A file of labels cannot be used; the text says why."""


class _Object(NamedTuple):
    label: str
    corners: tuple[float, float, float, float]
    score: float | None = None
    polygon: Sequence[float] = ()

    def row(self) -> dict[str, Any]:
        left, top, right, bottom = self.corners
        row = {"label": self.label, "x": left, "y": top, "w": right - left, "h": bottom - top}
        if self.score is not None:
            row["score"] = self.score
        if self.polygon:
            row["mask"] = orjson.dumps([self.polygon]).decode()
        return row


@dataclass(frozen=True)
class _Classes:
    """What the numbers at the start of a line mean; `pose` is how many numbers points take."""

    names: Mapping[int, str]
    pose: int = 0


def listing(folder: Path) -> Listing:
    """Images, their text files, and the file that names the classes."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    texts = [name for name in names if name.lower().endswith(".txt") and name not in _CLASSES]
    texts = [name for name in texts if not name.endswith("/classes.txt")]  # as labelImg has it
    known = set(stems(images, _LAYOUT))
    own = zip(texts, stems(texts, _LAYOUT), strict=True)
    labels = tuple(name for name, stem in own if stem in known or _is_labels(name))
    partners, alone = pair_up(images, labels, _LAYOUT)
    about = tuple(sorted(filter(_is_about, names), key=_likelihood))[:1]
    lists = frozenset(texts).difference(labels)
    files = Listing(folder, images, (*about, *labels), {**refused, **stray_images(names), **alone})
    splits = Splits(partial(_splits, files, lists))
    return replace(files, splits=splits, partners=partners, shared=about)


def read(listing: Listing) -> Iterator[Found]:
    """Read the text file of each image."""
    classes = _classes(listing)
    for pair in pairs(listing):
        yield _read_one(listing, pair, classes)


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Write `images/`, `labels/` and `data.yaml`."""
    names = copy_images(images, media, folder / "images")
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    rows = images.iter_rows(named=True)
    labels = images["objects"].explode().struct.field("label").drop_nulls().unique().sort()
    numbers = {label: number for number, label in enumerate(labels)}
    omitted = left_out(images, {"boxes", "scores", "tags", "masks"})
    for row in rows:
        target = folder / "labels" / f"{names[row['image']].rpartition('.')[0]}.txt"
        target.write_text("".join(_lines(row, numbers, omitted)), encoding="utf-8")
    write_tags(images, names, folder)
    about = {"path": ".", "train": "images", "names": {at: label for label, at in numbers.items()}}
    write_whole(folder / "data.yaml", yaml.safe_dump(about, allow_unicode=True, sort_keys=False))
    return omitted


def _is_labels(name: str) -> bool:
    return "labels" in name.lower().split("/")[:-1]


def _is_about(name: str) -> bool:
    """Whether a file names the classes."""
    return "/" not in name and (name.lower().endswith((*_YAML, ".names")) or name in _CLASSES)


def _likelihood(name: str) -> tuple[bool, bool, str]:
    """What sorts the files that may name the classes, the likeliest first."""
    return name not in _MAIN, not name.lower().endswith(_YAML), name


def _classes(listing: Listing) -> _Classes:
    about = next(filter(_is_about, listing.annotations), None)
    if about is None:
        hint = "`data.yaml` names the classes, e.g. `names: [cat, dog]`; or `classes.txt` does"
        raise DataError(f"nothing in `{listing.folder}` names the classes", hint=hint)
    file = listing.folder / about
    if not about.lower().endswith(_YAML):
        return _Classes(dict(enumerate(_read_lines(file))))
    settings = read_settings(file)
    names = _names(settings.get("names"), settings.get("nc"), file)
    return _Classes(names, _pose(settings.get("kpt_shape")))


def _pose(written: object) -> int:
    """How many numbers the points of a pose take: their count times the numbers of each."""
    match written:
        case [int(points), int(numbers)]:
            return points * numbers
    return 0


def _names(written: object, count: object, file: Path) -> Mapping[int, str]:
    if isinstance(written, list):
        written = dict(enumerate(written))
    hint = "write `names: [cat, dog]`, or `names: {0: cat, 1: dog}`; `yes` and `no` need quotes"
    if not isinstance(written, dict):
        raise DataError(f"`{file}` has no `names` of classes", hint=hint)
    for number, name in written.items():
        if type(number) is not int or type(name) not in (str, int) or not str(name).strip():
            raise DataError(f"`{file}`: the class {number!r} has the name {name!r}", hint=hint)
    if count is not None and count != len(written):
        raise DataError(f"`{file}` says `nc: {count}`, but has {len(written)} `names`", hint=hint)
    return {number: str(name).strip() for number, name in written.items()}


def _read_lines(file: Path) -> list[str]:
    """The lines of a small file, without the empty ones at its end."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"`{file}` cannot be read: {error}", hint="save it as UTF-8") from error
    return [line.strip() for line in text.rstrip().split("\n")]


def _read_one(listing: Listing, pair: Pair, classes: _Classes) -> Found:
    image, annotation, problem = pair
    if annotation is None:
        return Found(image, problem=problem)
    try:
        content = listing.contents.get(annotation)
        if content is None:
            content = read_file(f"{listing.folder}/{annotation}", _TYPICAL, _LARGEST)
        if len(content) > _LARGEST:
            raise _BrokenError(f"it is larger than {_LARGEST >> 20} MB")  # noqa: TRY301 - as any
        plain = _plain(content, classes)
        objects, points = (plain, 0) if plain is not None else _objects(content, classes)
    except (_BrokenError, OSError) as error:
        return Found(image, annotation=annotation, problem=f"`{annotation}`: {error}")
    ignored = {"keypoints": points} if points else {}
    return Found(image, objects, annotation=annotation, is_relative=True, ignored=ignored)


def _plain(content: bytes, classes: _Classes) -> Boxes | None:
    """The objects of a text that holds boxes and nothing else, in a third of the time.

    None where anything at all is unusual: then every line is looked at.
    """
    fields = {len(line.split()) for line in content.split(b"\n")}
    if classes.pose or not fields <= {0, _BOX} or content.translate(None, _LETTERS):
        return None
    try:
        numbers = orjson.loads(b"[%b]" % b",".join(content.split()))
        labels = [classes.names[number] for number in numbers[::_BOX]]
    except (ValueError, KeyError):  # `.5`, `nan`; no such class
        return None
    sides = zip(*(numbers[at::_BOX] for at in range(1, _BOX)), strict=True)
    corners = [
        corner for x, y, w, h in sides for corner in (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    ]
    is_sound = min(*numbers[3::_BOX], *numbers[4::_BOX], 0, 0) >= 0
    is_near = max(corners, default=0) <= _FARTHEST and min(corners, default=0) >= -_FARTHEST
    return Boxes(labels, corners, first=0) if is_sound and is_near else None


def _objects(content: bytes, classes: _Classes) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The objects of a text, and how many of them are poses."""
    found: list[_Object] = []
    poses = 0
    for number, line in enumerate(content.split(b"\n"), start=1):
        if fields := line.split():
            try:
                poses += len(fields) == _BOX + classes.pose > _BOX
                found.append(_object(fields, classes))
            except (_BrokenError, ValueError) as error:
                raise _BrokenError(f"line {number}: {error}") from error
    if any(each.score is not None or each.polygon for each in found):
        return [each.row() for each in found], poses
    corners = [side for each in found for side in each.corners]
    return Boxes([each.label for each in found], corners, first=0), poses


def _object(fields: Sequence[bytes], classes: _Classes) -> _Object:
    label = _label(fields[0], classes.names)
    numbers = list(map(_number, fields[1:]))
    if classes.pose and len(fields) == _BOX + classes.pose:
        return _Object(label, _corners(numbers[:4]))
    if len(fields) in (_BOX, _PREDICTION):
        return _Object(label, _corners(numbers[:4]), numbers[4] if numbers[4:] else None)
    if len(fields) < _BOX:
        raise _BrokenError(
            f"it has {len(fields)} fields; a box has {_BOX}, a polygon {_POLYGON} or more"
        )
    score = numbers.pop() if len(numbers) % 2 else None
    x, y, w, h = box_around([numbers])
    return _Object(label, _near((x, y, x + w, y + h)), score, numbers)


def _label(written: bytes, names: Mapping[int, str]) -> str:
    number = _number(written)
    label = names.get(int(number)) if number == int(number) else None
    if label is None:
        highest = max(names, default=-1)
        raise _BrokenError(
            f"there is no class {written.decode(errors='replace')}; they are 0 to {highest}"
        )
    return label


def _number(written: bytes) -> float:
    try:
        number = float(written)
    except ValueError:
        number = float("nan")
    if not isfinite(number) or b"_" in written:
        raise _BrokenError(f"`{written[:40].decode(errors='replace')}` is not a number")
    return number


def _corners(sides: Sequence[float]) -> tuple[float, float, float, float]:
    x, y, w, h = sides
    if w < 0 or h < 0:
        raise _BrokenError(f"a box has a negative size ({w} x {h})")
    return _near((x - w / 2, y - h / 2, x + w / 2, y + h / 2))


def _near(corners: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    if max(corners) > _FARTHEST or min(corners) < -_FARTHEST:
        raise _BrokenError("its numbers are no shares of the image, 0 to 1; are they pixels?")
    return corners


def _splits(listing: Listing, lists: frozenset[str]) -> Mapping[str, Callable[[], Iterable[str]]]:
    """What reads the files of each split that `data.yaml` names, or of `train.txt` and the like."""
    about = next(
        (name for name in listing.annotations if name.lower().endswith(_YAML) and _is_about(name)),
        None,
    )
    if about is None:
        named = {name.removesuffix(".txt"): name for name in sorted(lists) if "/" not in name}
        return {
            name: partial(_Split(listing, lists, "").files, [file]) for name, file in named.items()
        }
    settings = read_settings(listing.folder / about)
    base = settings.get("path")
    split = _Split(listing, lists, base if isinstance(base, str) else "")
    written = {name: settings[name] for name in _SPLITS if settings.get(name)}
    return {
        name: partial(split.files, places if isinstance(places, list) else [places])
        for name, places in written.items()
    }


@dataclass(frozen=True)
class _Split:
    """Finds the files of a split in a listing; `base` is what `path` says in `data.yaml`."""

    listing: Listing
    lists: frozenset[str]
    base: str

    def files(self, places: Sequence[object]) -> Iterator[str]:
        """The images at these places, their text files, and what names the classes."""
        images = {image for place in places for image in self._images(place)}
        partners = by_stem(self.listing.annotations, _LAYOUT)
        yield from filter(_is_about, self.listing.annotations)
        for image in images:
            yield image
            yield from partners.get(stem_of(image, _LAYOUT), ())

    def _images(self, place: object) -> Iterable[str]:
        for inside in self._inside(place):
            if inside in self.lists:
                return self._listed(inside)
            prefix = "" if inside == "." else f"{inside}/"
            if images := [name for name in self.listing.images if name.startswith(prefix)]:
                return images
        raise DataError(
            f"a split of `{self.listing.folder}` is at `{place}`, where nothing lies",
            hint="name a folder or a text file in the dataset's folder",
        )

    def _inside(self, place: object) -> list[str]:
        """Where a place may be in the folder: below `path`, or below the folder itself."""
        if not isinstance(place, str) or not place:
            return []
        top = str(self.listing.folder.resolve())
        ways = (posixpath.join(self.base, place), place)
        inside = [
            posixpath.normpath(each.replace("\\", "/").removeprefix(top + "/")) for each in ways
        ]
        while any(each.startswith("../") for each in inside):
            inside = [each.removeprefix("../") for each in inside]
        return [each for each in inside if not each.startswith(("/", ".."))]

    def _listed(self, file: str) -> Iterator[str]:
        """The images that a text file lists: each the longest end of a path that is there."""
        known = frozenset(self.listing.images)
        for line in filter(None, _read_lines(self.listing.folder / file)):
            parts = posixpath.normpath(line.replace("\\", "/")).split("/")
            ends = ("/".join(parts[at:]) for at in range(len(parts)))
            yield next((end for end in ends if end in known), line)


def _lines(
    row: Mapping[str, Any], numbers: Mapping[str, int], omitted: Counter[str]
) -> Iterator[str]:
    """The lines of one image; what is left out is counted."""
    width, height = row["width"], row["height"]
    for each in row["objects"]:
        if each["crowd"]:
            continue
        x, y, w, h = (each[side] for side in "xywh")
        polygon = lone_polygon(each["mask"], (x, y, w, h))
        if polygon:
            shares = [side / (height if at % 2 else width) for at, side in enumerate(polygon)]
        else:
            omitted["masks"] += each["mask"] is not None
            shares = [(x + w / 2) / width, (y + h / 2) / height, w / width, h / height]
        score = [] if each["score"] is None else [each["score"]]
        fields = (f"{share:.6f}" for share in (*shares, *score))
        yield f"{numbers[each['label']]} {' '.join(fields)}\n"
