"""COCO: one JSON file for many images; boxes are x, y, w, h in pixels from 0, as in ymir.

Read are `annotations.json`, or else every JSON file at the top, in `annotations/` and in `gt/`, and
Roboflow's `train/_annotations.coco.json`. Beside `instances_*.json` the other files of COCO itself
(`captions_*`, `person_keypoints_*`, …) are not read. Masks are kept as they are: polygons of one or
more parts, and run lengths as a list or as the text of `pycocotools`; a box that is left out is
drawn around its mask. Keypoints are counted, not kept (cocodataset.org, "Data format").

Two files may list one image, if they say the same of it. Images in the folder that no file lists
have no labels, and are kept. The splits are the files: `instances_train2017.json` is `train2017`.

A file that is a bare list of `image_id`, `category_id`, `bbox` and `score` holds results: then what
is read are these predictions, for the images and categories of the other files, whose own boxes are
counted, not kept. Beside `annotations.json` its name must hold `results`, `predictions` or
`detections` (cocodataset.org, "Results format").
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ymir.contracts.format import Found, Listing, Splits
from ymir.errors import DataError
from ymir.layouts.boxes import Packed
from ymir.layouts.documents import lists_in, objects_of
from ymir.layouts.export import copy_images, keyed
from ymir.layouts.masks import MaskError, box_of, check_mask
from ymir.layouts.names import Names, NoImageError
from ymir.layouts.written import WrittenError, key_of, numbers, score_in, size_in, tags_in
from ymir.media.files import files_under, is_image, stray_images

if TYPE_CHECKING:
    import polars as pl

_MAIN = "annotations.json"
_ROBOFLOW = "_annotations.coco.json"
_FOLDERS = frozenset({"", "annotations", "gt"})
_RESULTS = re.compile(r"results|predictions|detections", re.IGNORECASE)
_INSTANCES = "instances_"
_OTHER_TASKS = ("captions_", "person_keypoints_", "stuff_", "panoptic_", "image_info_")
_LISTS = frozenset({"images", "annotations", "categories"})
_RESULT = ("image_id", "category_id")
_HINT = "it needs the lists `images`, `annotations` and `categories`"
_PREFIXES = (_INSTANCES, *_OTHER_TASKS, "annotations_")
_DEGREE = 3  # decimals that are written: a thousandth of a pixel

_Entries = dict[str, "_Entry"]
_Row = Mapping[str, Any]


@dataclass(slots=True)
class _Entry:
    """What the files say of one image, as it is gathered."""

    source: str
    declared: tuple[int, int] | None = None
    tags: tuple[Mapping[str, str], ...] = ()
    objects: Packed = field(default_factory=Packed)
    predicted: Packed | None = None
    problem: str | None = None
    ignored: Counter[str] | None = None

    def ignore(self, what: str, count: int = 1) -> None:
        """Count what a dataset has no place for."""
        if count:
            self.ignored = self.ignored or Counter()
            self.ignored[what] += count

    def found(self, image: str, *, is_predicted: bool) -> Found:
        """The entry under the name of its image."""
        objects = (self.predicted or Packed()) if is_predicted else self.objects
        if is_predicted:
            self.ignore("labels beside predictions", len(self.objects))
        given = (tuple(objects.rows()), self.tags, self.declared, self.source, self.problem)
        return Found(image, *given, ignored=self.ignored or {})


@dataclass(frozen=True)
class _Gathered:
    """What all files say; `ids` and `categories` are what results refer to."""

    names: Names
    others: frozenset[str]
    entries: _Entries = field(default_factory=dict)
    again: list[tuple[str, _Entry]] = field(default_factory=list)
    ids: dict[object, _Entry] = field(default_factory=dict)
    unclear: set[object] = field(default_factory=set)
    categories: dict[object, set[str]] = field(default_factory=dict)


def listing(folder: Path) -> Listing:
    """Images in `images/`, at the top or in sub-folders, and the JSON files that describe them."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    annotations = _chosen([name for name in names if _is_annotation(name)])
    files = Listing(folder, images, annotations, {**refused, **stray_images(names)})
    return replace(files, splits=Splits(partial(_splits, files)))


def read(listing: Listing) -> Iterator[Found]:
    """Read every JSON file, then hand out the images in order."""
    if not listing.annotations:
        hint = "put the annotations into `annotations.json`, the images into `images/`"
        raise DataError(f"there is no COCO file in `{listing.folder}`", hint=hint)
    gathered = _Gathered(Names(listing.others.union(listing.images)), listing.others)
    results = []
    for annotation in listing.annotations:
        lists = _lists(listing.folder / annotation)
        if "" in lists:
            results.append((annotation, lists[""]))
        else:
            _gather(lists, annotation, gathered)
    for annotation, rows in results:
        _gather_results(rows, annotation, gathered)
    yield from _found(listing, gathered, is_predicted=bool(results))


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
    return (folder in _FOLDERS and file.lower().endswith(".json")) or file == _ROBOFLOW


def _chosen(candidates: list[str]) -> tuple[str, ...]:
    """The files that are read; of several that say the same, the one for detection."""
    results = [name for name in candidates if _RESULTS.search(name.rpartition("/")[2])]
    plain = [name for name in candidates if name not in results]
    if _MAIN in plain:
        plain = [_MAIN]
    elif any(_file(name).startswith(_INSTANCES) for name in plain):
        plain = [name for name in plain if not _file(name).startswith(_OTHER_TASKS)]
    return (*plain, *results)


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def _split(annotation: str) -> str:
    """The split whose images a file lists; nothing if its name does not say."""
    folder, _, file = annotation.rpartition("/")
    if file == _ROBOFLOW:
        return folder
    name = file.rpartition(".")[0]
    return next((name.removeprefix(each) for each in _PREFIXES if name.startswith(each)), name)


def _near(annotation: str) -> tuple[str, ...]:
    """The folders where the images of a file are looked for first."""
    split = _split(annotation)
    return annotation.rpartition("/")[0], split, f"images/{split}"


def _splits(listing: Listing) -> Mapping[str, Callable[[], Iterable[str]]]:
    named: dict[str, list[str]] = {}
    for name in listing.annotations:
        if name != _MAIN and not _RESULTS.search(_file(name)) and _split(name):
            named.setdefault(_split(name), []).append(name)
    return {name: partial(_files_of, listing, files) for name, files in named.items()}


def _files_of(listing: Listing, annotations: list[str]) -> Iterator[str]:
    """The files of a split: what lists its images, all results, and the images."""
    names = Names.of(listing.images)
    yield from (name for name in listing.annotations if _RESULTS.search(_file(name)))
    for annotation in annotations:
        yield annotation
        for each in _lists(listing.folder / annotation).get("images", ()):
            try:
                yield names.find(each.get("file_name"), *_near(annotation))
            except NoImageError:
                continue  # whoever reads the file says why


def _lists(file: Path) -> Mapping[str, Iterable[_Row]]:
    """What a file lists: images, annotations and categories; or results, without a name."""
    lists = lists_in(file)
    wrong = DataError(f"`{file}` is not a COCO file", hint=_HINT)
    if "" in lists:
        return {"": objects_of(lists[""], wrong, _RESULT)}
    if not lists.keys() >= _LISTS:
        raise wrong
    return {name: objects_of(lists[name], wrong) for name in _LISTS}


def _gather(document: Mapping[str, Iterable[_Row]], source: str, gathered: _Gathered) -> None:
    """Add what one file says."""
    categories = _categories(document["categories"], source)
    for key, name in categories.items():
        gathered.categories.setdefault(key, set()).add(name)
    by_id = _images(document["images"], source, gathered)
    for key, entry in by_id.items():
        if gathered.ids.setdefault(key, entry) is not entry:
            gathered.unclear.add(key)
    seen: set[object] = set()
    for each in document["annotations"]:
        entry = _owner(each, by_id.get(key_of(each.get("image_id"))), source, gathered)
        _add(each, entry, source, categories)
        if "id" in each and key_of(each["id"]) in seen:
            entry.problem = f"`{source}`: annotation id {each['id']} is used twice"
        seen.add(key_of(each.get("id")))


def _owner(each: _Row, entry: _Entry | None, source: str, gathered: _Gathered) -> _Entry:
    """The entry of an annotation's image, or one that says that there is none."""
    if entry is None:
        ghost = f"{source}: image_id {each.get('image_id')}"
        entry = gathered.entries.setdefault(ghost, _Entry(source))
        entry.problem = f"`{source}`: annotations name an image_id that `images` does not list"
    return entry


def _add(each: _Row, entry: _Entry, source: str, categories: Mapping[object, str]) -> None:
    """Add an annotation to what is said of its image, or a result to what is predicted of it."""
    try:
        label, sides, extras = _object(each, categories, entry.declared)
    except (WrittenError, MaskError) as error:
        number = f" {each['id']}" if "id" in each else ""
        entry.problem = f"`{source}`: annotation{number}: {error}"
        return
    objects = entry.objects if source == entry.source else entry.predicted or Packed()
    objects.add(label, sides, extras)
    if source != entry.source:
        entry.predicted = objects
    if each.get("keypoints"):
        entry.ignore("keypoints")


def _gather_results(rows: Iterable[_Row], source: str, gathered: _Gathered) -> None:
    """Add predictions to the images that the other files list."""
    categories = {key: min(names) for key, names in gathered.categories.items()}
    for each in rows:
        image, category = key_of(each["image_id"]), key_of(each["category_id"])
        entry = _owner(each, gathered.ids.get(image), source, gathered)
        if image in gathered.unclear or len(gathered.categories.get(category, ())) > 1:
            which = f"image_id {image} and category_id {category}"
            entry.problem = f"`{source}`: {which} mean different things in different files"
        elif each.get("score") is None:
            entry.problem = f"`{source}`: a result of image_id {each['image_id']} has no `score`"
        else:
            _add(each, entry, source, categories)


def _found(listing: Listing, gathered: _Gathered, *, is_predicted: bool) -> Iterator[Found]:
    """The images in order, then those that only a file names."""
    entries = gathered.entries
    for image, again in gathered.again:
        _compare(image, entries[image], again)
    for image in listing.images:
        entry = entries.pop(image, None)
        yield entry.found(image, is_predicted=is_predicted) if entry else Found(image)
    for image, entry in sorted(entries.items()):
        if image not in listing.others:
            yield entry.found(image, is_predicted=is_predicted)


def _compare(image: str, entry: _Entry, again: _Entry) -> None:
    """Two files that list one image must say the same of it."""
    one, other = (sorted(map(repr, each.objects.rows())) for each in (entry, again))
    if one != other:
        both = f"`{entry.source}` and `{again.source}`"
        entry.problem = f"`{image}` is listed by {both}, which say different things of it"
    entry.ignore("boxes that a second file repeats", len(other))


def _images(listed: Iterable[_Row], source: str, gathered: _Gathered) -> dict[object, _Entry]:
    """The entries of a file's images by id; those that cannot be used say why."""
    by_id: dict[object, _Entry] = {}
    for each in listed:
        entry = _Entry(source)
        try:
            entry.declared, entry.tags = size_in(each), tags_in(each.get("tags"))
            name = gathered.names.find(each.get("file_name"), *_near(source))
        except (WrittenError, NoImageError) as error:
            name = str(each.get("file_name") or f"{source}: image {each.get('id')}")
            entry.problem = f"`{source}`: {error}"
        key = key_of(each.get("id"))
        entry = _listed(name, entry, gathered)
        if key in by_id:
            entry.problem = by_id[key].problem = f"`{source}`: image id {key} is used twice"
        by_id[key] = entry
    return by_id


def _listed(name: str, entry: _Entry, gathered: _Gathered) -> _Entry:
    """The entry for an image of that name, which may have been listed before."""
    before = gathered.entries.setdefault(name, entry)
    if before is entry:
        return entry
    if before.source == entry.source:
        before.problem = f"`{name}` is listed twice"
        return before
    gathered.again.append((name, entry))
    return entry


def _categories(listed: Iterable[_Row], source: str) -> dict[object, str]:
    names: dict[object, str] = {}
    for each in listed:
        key, name = key_of(each.get("id")), each.get("name")
        if not isinstance(name, str) or not name.strip():
            raise DataError(f"`{source}`: category {key} has no name")
        if names.setdefault(key, name) != name:
            raise DataError(f"`{source}`: category id {key} is both `{names[key]}` and `{name}`")
    return names


def _object(
    each: _Row, categories: Mapping[object, str], size: tuple[int, int] | None
) -> tuple[str, tuple[float, ...], dict[str, Any]]:
    """Label, sides, and what few boxes have."""
    category = key_of(each.get("category_id"))
    if category not in categories:
        raise WrittenError(f"there is no category {category}")
    mask = each.get("segmentation")
    sides = _box(each.get("bbox"), mask, size)
    extras: dict[str, Any] = {}
    if each.get("iscrowd"):
        extras["crowd"] = True
    if mask:
        extras["mask"] = orjson.dumps(mask).decode()
    if (score := score_in(each)) is not None:
        extras["score"] = score
    if attributes := tags_in(each.get("attributes")):
        extras["attributes"] = attributes
    return categories[category], sides, extras


def _box(bbox: object, mask: object, size: tuple[int, int] | None) -> tuple[float, ...]:
    """The box of an object, whose mask must be well-formed, and one of an image of that size."""
    if mask:
        check_mask(mask, size)
    if bbox:
        return numbers(bbox, 4, "`bbox`")
    box = box_of(mask) if mask else None
    if box is None:
        raise WrittenError(f"it has no `bbox`, and {'an empty' if mask else 'no'} mask")
    return box


def _image(row: Mapping[str, Any], number: int, names: Mapping[str, str]) -> dict[str, Any]:
    entry = {
        "id": number,
        "file_name": names[row["image"]],
        "width": row["width"],
        "height": row["height"],
    }
    return entry | ({"tags": keyed(row["tags"])} if row["tags"] else {})


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
        entry["attributes"] = keyed(each["attributes"])
    return entry | ({"score": each["score"]} if each["score"] is not None else {})
