"""Label Studio: its JSON export, a list of tasks, each an image with what people said of it.

    images/a.jpg         the image; a task may call it `/data/upload/3/1a2b3c4d-a.jpg`,
                         `/data/local-files/?d=images/a.jpg`, or `s3://bucket/a.jpg`
    annotations.json     the export; any other JSON file at the top or in `annotations/` will do
    config.xml           written for whoever sets up the project

Sides are percent of the image, whose size is `original_width` and `original_height`. Rectangles,
ellipses, polygons and brush strokes are read, with the box around them; a rectangle that is turned
(clockwise around its upper left corner) becomes a polygon. Choices of an image are its tags, those
of a region its attributes. (labelstud.io, "Label Studio JSON format of annotated tasks".)

Of several people's answers the one with the star counts, else the newest. A task that was skipped,
or has no answer yet, is not empty: it is rejected with that reason. Where there are only
predictions, predictions are read. COCO, VOC and YOLO exports of Label Studio lose some of this.
Written are boxes, and a polygon where it is the only one and fills its box; for `config.xml` set
LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT to the folder, and add its `images` as storage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

import orjson

from ymir.contracts.format import Found, Listing
from ymir.dvc.files import write_whole
from ymir.errors import DataError
from ymir.layouts.documents import lists_in
from ymir.layouts.export import copy_images, left_out
from ymir.layouts.listed import in_order
from ymir.layouts.masks import MaskError, lone_polygon
from ymir.layouts.names import Names, NoImageError
from ymir.layouts.regions import Region, dicts_in, regions_of, size_of, unread
from ymir.layouts.shapes import drawn
from ymir.layouts.tags import write_tags
from ymir.layouts.tasks import image_of
from ymir.layouts.written import WrittenError, numbers
from ymir.media.files import files_under, is_image, stray_images

if TYPE_CHECKING:
    import polars as pl

_MAIN = "annotations.json"
_FOLDERS = frozenset({"", "annotations"})
_DEGREE = 6  # decimals of a percent that are written

_Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Answer:
    """The results that count for a task; `scores` where a model gave them."""

    results: Sequence[_Row]
    is_predicted: bool = False
    score: object = None
    ignored: Mapping[str, int] = field(default_factory=dict)


def listing(folder: Path) -> Listing:
    """Images, wherever they lie, and the JSON files of the export."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    annotations = tuple(name for name in names if _is_annotation(name))
    if _MAIN in annotations:
        annotations = (_MAIN,)
    return Listing(folder, images, annotations, {**refused, **stray_images(names)})


def read(listing: Listing) -> Iterator[Found]:
    """Read every task, then hand out the images in order."""
    if not listing.annotations:
        hint = "export the project as JSON, and put the file beside the images"
        raise DataError(f"there is no JSON file in `{listing.folder}`", hint=hint)
    names = Names(listing.others.union(listing.images))
    every = (
        _found(task, annotation, names)
        for annotation in listing.annotations
        for task in _tasks(listing.folder / annotation)
    )
    yield from in_order(every, listing, "two tasks have this image")


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Write `images/`, `annotations.json` and `config.xml`."""
    names = copy_images(images, media, folder / "images")
    omitted = left_out(images, {"boxes", "scores", "tags", "masks"})
    every = images["objects"].explode().drop_nulls().struct.unnest()
    is_predicted = bool(every["score"].count())
    tasks = [
        _task(row, number, names[row["image"]], omitted, is_predicted=is_predicted)
        for number, row in enumerate(images.iter_rows(named=True), start=1)
    ]
    write_tags(images, names, folder)
    write_whole(folder / "config.xml", _config(every["label"].unique().sort().to_list()))
    write_whole(folder / _MAIN, orjson.dumps(tasks, option=orjson.OPT_INDENT_2).decode())
    return omitted


def _is_annotation(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return folder in _FOLDERS and file.lower().endswith(".json")


def _tasks(file: Path) -> Iterator[_Row]:
    for task in lists_in(file).get("", [{}]):
        if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
            hint = "export the project as JSON; JSON-MIN leaves out what was skipped"
            raise DataError(f"`{file}` is no export of Label Studio", hint=hint)
        yield task


def _found(task: _Row, source: str, names: Names) -> Found:
    """What a task says of its image."""
    called = f"{source}: task {task.get('id')}"
    try:
        called = image = image_of(task["data"], names)
        answer = _answer(task)
        regions = regions_of(answer.results)
        objects = [_object(each, answer) for each in regions if each.shape]
        tags = [tag for each in regions if not each.shape for tag in each.choices]
        ignored = unread(regions) + Counter(answer.ignored)
        size = size_of(answer.results)
    except (WrittenError, MaskError, NoImageError) as error:
        problem = f"`{source}`: task {task.get('id')}: {error}"
        return Found(called, annotation=source, problem=problem)
    return Found(image, objects, tuple(tags), size, source, ignored=ignored)


def _answer(task: _Row) -> _Answer:
    """The answer that counts."""
    given = dicts_in(task.get("annotations", task.get("completions")))
    whole = sorted((each for each in given if not each.get("was_cancelled")), key=_weight)
    if whole:
        more = {"answers of others": len(whole) - 1} if len(whole) > 1 else {}
        return _Answer(dicts_in(whole[-1].get("result")), ignored=more)
    if given:
        raise WrittenError("it was skipped, which is no answer")
    predicted = sorted(dicts_in(task.get("predictions")), key=_weight)
    if not predicted:
        raise WrittenError("it is not labelled yet")
    more = {"older predictions": len(predicted) - 1} if len(predicted) > 1 else {}
    newest = predicted[-1]
    return _Answer(dicts_in(newest.get("result")), True, newest.get("score"), more)


def _weight(answer: _Row) -> tuple[bool, str]:
    """What sorts answers: the star, then the time."""
    return bool(answer.get("ground_truth")), str(answer.get("updated_at") or "")


def _object(region: Region, answer: _Answer) -> dict[str, Any]:
    shape = region.shape or {}
    found = region.as_object(drawn(region.kind, shape))
    if answer.is_predicted:
        found["score"] = numbers([shape.get("score", answer.score)], 1, "score")[0]
    return found


def _task(
    row: _Row, number: int, name: str, omitted: Counter[str], *, is_predicted: bool
) -> dict[str, Any]:
    """A task as Label Studio imports it."""
    regions = [
        (each["score"], _region(each, row, f"{number}-{at}", omitted))
        for at, each in enumerate(row["objects"], start=1)
        if not each["crowd"]
    ]
    task: dict[str, Any] = {
        "id": number,
        "data": {"image": f"/data/local-files/?d={quote(f'images/{name}')}"},
    }
    labelled = [region for score, region in regions if score is None]
    scored = [{**region, "score": score} for score, region in regions if score is not None]
    if labelled or not is_predicted:
        task["annotations"] = [{"id": number, "was_cancelled": False, "result": labelled}]
    if scored or (is_predicted and not labelled):
        lowest = min((each["score"] for each in scored), default=0)
        task["predictions"] = [{"model_version": "ymir", "score": lowest, "result": scored}]
    return task


def _region(each: _Row, row: _Row, key: str, omitted: Counter[str]) -> dict[str, Any]:
    width, height = row["width"], row["height"]
    x, y, w, h = (each[side] for side in "xywh")
    polygon = lone_polygon(each["mask"], (x, y, w, h))
    omitted["masks"] += each["mask"] is not None and not polygon
    shares = polygon or (x, y, w, h)
    percents = [
        round(side * 100 / (height if at % 2 else width), _DEGREE) for at, side in enumerate(shares)
    ]
    kind = "polygon" if polygon else "rectangle"
    value: dict[str, Any] = {f"{kind}labels": [each["label"]]}
    if polygon:
        value["points"] = [list(pair) for pair in zip(percents[::2], percents[1::2], strict=True)]
    else:
        value |= {**dict(zip(("x", "y", "width", "height"), percents, strict=True)), "rotation": 0}
    return {
        "id": key,
        "type": f"{kind}labels",
        "from_name": kind,
        "to_name": "image",
        "original_width": width,
        "original_height": height,
        "image_rotation": 0,
        "value": value,
    }


def _config(labels: Sequence[str]) -> str:
    """What people see: both kinds of region, with every label."""
    choices = "".join(f"    <Label value={quoteattr(label)}/>\n" for label in labels)
    regions = "".join(
        f'  <{tag} name="{name}" toName="image">\n{choices}  </{tag}>\n'
        for tag, name in (("RectangleLabels", "rectangle"), ("PolygonLabels", "polygon"))
    )
    return f'<View>\n  <Image name="image" value="$image"/>\n{regions}</View>\n'
