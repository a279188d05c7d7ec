"""FiftyOne: the folder that it opens as `fo.types.FiftyOneDataset`.

    data/a.jpg          the image
    samples.json        a sample per image: its file, its size, its tags and what is on it
    metadata.json       the fields that samples have, and the classes

Boxes are shares of the image. They stand in the field `ground_truth`, or in `predictions` where
every one has a score; else the only field of detections is read. Attributes stand beside the label,
a crowd has `iscrowd`, and `digest` says which image it is. A tag is written `key=value`; what has
no key is read as `tag=value`. Plain values of other fields are read as tags and attributes; what
else there is, is counted, not kept. Masks are left out (docs.voxel51.com, "FiftyOneDataset").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from ymir.contracts.format import Found, Listing
from ymir.errors import DataError
from ymir.layouts.documents import lists_in, objects_of
from ymir.layouts.export import copy_images, left_out
from ymir.layouts.listed import in_order
from ymir.layouts.names import Names, NoImageError
from ymir.layouts.written import WrittenError, numbers, size_in, tags_in
from ymir.media.files import files_under, is_image, stray_images

if TYPE_CHECKING:
    import polars as pl

_SAMPLES, _METADATA = "samples.json", "metadata.json"
_TRUTH, _PREDICTED = "ground_truth", "predictions"
_VERSION = "1.0.0"  # of FiftyOne, whose fields these are; newer ones bring them up to date
_DETECTIONS, _DETECTION = "fiftyone.core.labels.Detections", "fiftyone.core.labels.Detection"
_ABOUT = "fiftyone.core.metadata.ImageMetadata"
_OURS = "digest"  # what ymir calls the image: a list of these can be picked in FiftyOne
_OF_SAMPLE = frozenset({"filepath", "tags", "metadata", "created_at", "last_modified_at", _OURS})
_OF_DETECTION = frozenset({"label", "bounding_box", "confidence", "iscrowd"})
_RESERVED = _OF_DETECTION | {"attributes", "id", "index", "instance", "mask", "mask_path", "tags"}
_NAMELESS = "tag"  # the key of a tag that is written without one
_MIME = {"jpg": "image/jpeg", "png": "image/png"}
_HINT = "export it with `dataset_type=fo.types.FiftyOneDataset`"

_Row = Mapping[str, Any]


def listing(folder: Path) -> Listing:
    """Images, wherever they lie, and the two files that describe them."""
    names, refused = files_under(folder)
    images = tuple(name for name in names if is_image(name))
    annotations = tuple(name for name in (_METADATA, _SAMPLES) if name in names)
    return Listing(folder, images, annotations, {**refused, **stray_images(names)})


def read(listing: Listing) -> Iterator[Found]:
    """Read every sample, then hand out the images in order."""
    wrong = DataError(f"`{listing.folder}` is no dataset of FiftyOne", hint=_HINT)
    if len(listing.annotations) < len((_METADATA, _SAMPLES)):
        raise wrong
    field = _field(listing.folder / _METADATA, wrong)
    names = Names.of(listing.images)
    rows = lists_in(listing.folder / _SAMPLES).get("samples")
    samples = objects_of([wrong] if rows is None else rows, wrong)
    every = (_found(sample, field, names) for sample in samples)
    yield from in_order(every, listing, "two samples have this image")


def write(images: pl.DataFrame, media: Mapping[str, Path], folder: Path) -> Mapping[str, int]:
    """Write `data/`, `samples.json` and `metadata.json`."""
    names = copy_images(images, media, folder / "data")
    omitted = left_out(images, {"boxes", "crowds", "scores", "attributes", "tags"})
    every = images["objects"].explode().drop_nulls().struct.unnest()
    field = _PREDICTED if every.height and not every["score"].null_count() else _TRUTH
    samples = [
        _sample(row, names[row["image"]], field, omitted) for row in images.iter_rows(named=True)
    ]
    about = _metadata(field, every["label"].unique().sort().to_list())
    (folder / _METADATA).write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2))
    (folder / _SAMPLES).write_bytes(orjson.dumps({"samples": samples}))
    return omitted


def _field(file: Path, wrong: DataError) -> str:
    """The field whose detections are read."""
    fields = objects_of(lists_in(file).get("sample_fields", ()), wrong)
    found = [each.get("name") for each in fields if each.get("embedded_doc_type") == _DETECTIONS]
    named = [name for name in found if isinstance(name, str)]
    for name in (_TRUTH, _PREDICTED):
        if name in named:
            return name
    if len(named) != 1:
        there = f"several: {', '.join(named)}" if named else "none"
        hint = f"call the one with the boxes `{_TRUTH}`"
        raise DataError(f"which field has the boxes? `{file}` lists {there}", hint=hint)
    return named[0]


def _found(sample: _Row, field: str, names: Names) -> Found:
    """What a sample says of its image."""
    called = image = str(sample.get("filepath"))
    try:
        image = names.find(called)
        detections = _detections(sample, field)
        objects = [_object(each) for each in detections]
        about = sample.get("metadata")
        size = size_in(about) if isinstance(about, dict) else None
    except (WrittenError, NoImageError) as error:
        return Found(image, annotation=_SAMPLES, problem=f"`{_SAMPLES}`: `{called}`: {error}")
    plain, ignored = _more(sample, {*_OF_SAMPLE, field})
    for each in detections:
        ignored += _more(each, _OF_DETECTION)[1]
    tags = (*map(_tag, _texts(sample.get("tags"))), *plain)
    source = _SAMPLES if sample.get(field) else None  # a sample without the field is unlabelled
    return Found(image, objects, tags, size, source, is_relative=True, ignored=ignored)


def _detections(sample: _Row, field: str) -> Sequence[_Row]:
    value = sample.get(field)
    rows = value.get("detections") if isinstance(value, dict) else value
    if rows is None:
        return ()
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise WrittenError(f"its `{field}` is no list of detections")
    return rows


def _object(each: _Row) -> dict[str, Any]:
    label = each.get("label")
    if not isinstance(label, str) or not label.strip():
        raise WrittenError("a detection has no label")
    box = numbers(each.get("bounding_box"), 4, "`bounding_box`")
    found: dict[str, Any] = {"label": label, **dict(zip("xywh", box, strict=True))}
    if each.get("confidence") is not None:
        found["score"] = numbers([each["confidence"]], 1, "`confidence`")[0]
    if each.get("iscrowd"):
        found["crowd"] = True
    if attributes := _more(each, _OF_DETECTION)[0]:
        found["attributes"] = attributes
    return found


def _more(each: _Row, known: Collection[str]) -> tuple[tuple[dict[str, str], ...], Counter[str]]:
    """Plain values of other fields, and what cannot be kept of them."""
    others = {
        key: value
        for key, value in each.items()
        if key not in known and not key.startswith("_") and value not in (None, [], {})
    }
    plain = {key: value for key, value in others.items() if isinstance(value, str | int | float)}
    return tags_in(plain), Counter(f"`{key}` of FiftyOne" for key in others if key not in plain)


def _texts(written: object) -> Iterable[str]:
    return (each for each in written if isinstance(each, str)) if isinstance(written, list) else ()


def _tag(text: str) -> dict[str, str]:
    key, is_pair, value = text.partition("=")
    return {"key": key, "value": value} if is_pair else {"key": _NAMELESS, "value": text}


def _sample(row: _Row, name: str, field: str, omitted: Counter[str]) -> dict[str, Any]:
    """A sample as FiftyOne keeps it; its ids and its lot come from the image's digest.

    Truth and predictions of an image have other ids: people put them into one sample.
    """
    image, is_truth = row["image"], field == _TRUTH
    tags = [f"{tag['key']}={tag['value']}" for tag in row["tags"] if "=" not in tag["key"]]
    omitted["tags"] += len(row["tags"]) - len(tags)
    return {
        "_id": {"$oid": image[:24]},
        "filepath": f"data/{name}",
        "tags": tags,
        "metadata": {
            "_cls": "ImageMetadata",
            "size_bytes": row["bytes"],
            "mime_type": _MIME[row["format"]],
            "width": row["width"],
            "height": row["height"],
        },
        _OURS: image,
        "_media_type": "image",
        "_rand": int(image[:8], 16) / (1 << 32),
        field: {
            "_cls": "Detections",
            "detections": [
                {
                    "_id": {"$oid": f"{image[:15]}{is_truth:x}{at:08x}"},
                    **_detection(each, row, omitted),
                }
                for at, each in enumerate(row["objects"])
            ],
        },
    }


def _detection(each: _Row, row: _Row, omitted: Counter[str]) -> dict[str, Any]:
    width, height = row["width"], row["height"]
    attributes = {tag["key"]: tag["value"] for tag in each["attributes"] if _is_fit(tag["key"])}
    omitted["attributes"] += len(each["attributes"]) - len(attributes)
    score = {} if each["score"] is None else {"confidence": each["score"]}
    return {
        "_cls": "Detection",
        "attributes": {},
        "tags": [],
        "label": each["label"],
        "bounding_box": [
            each["x"] / width,
            each["y"] / height,
            each["w"] / width,
            each["h"] / height,
        ],
        **score,
        **({"iscrowd": True} if each["crowd"] else {}),
        **attributes,
    }


def _is_fit(key: str) -> bool:
    """Whether an attribute may be called that: not what FiftyOne or its data base needs itself."""
    return bool(key) and key[0] not in "_$" and "." not in key and key not in _RESERVED


def _metadata(field: str, labels: Sequence[str]) -> dict[str, Any]:
    """What FiftyOne knows of a dataset beside its samples."""
    box = (
        _typed("id", "ObjectId"),
        _typed("tags", "List", of="String"),
        _typed("label", "String"),
        _typed("bounding_box", "List", of="Float"),
        _typed("confidence", "Float"),
    )
    boxes = _typed("detections", "List", of="EmbeddedDocument", kind=_DETECTION, fields=box)
    size = [_typed(name, "Int") for name in ("size_bytes", "width", "height", "num_channels")]
    about = (_typed("mime_type", "String"), *size)
    fields = (
        _typed("id", "ObjectId"),
        _typed("filepath", "String"),
        _typed("tags", "List", of="String"),
        _typed("metadata", "EmbeddedDocument", kind=_ABOUT, fields=about),
        _typed(_OURS, "String"),
        _typed("_media_type", "String"),
        _typed("_rand", "Float"),
        _typed("_dataset_id", "ObjectId"),
        _typed("created_at", "DateTime"),
        _typed("last_modified_at", "DateTime"),
        _typed(field, "EmbeddedDocument", kind=_DETECTIONS, fields=[boxes]),
    )
    classes = {"classes": {field: labels}, "default_classes": labels}
    return {"version": _VERSION, "media_type": "image", **classes, "sample_fields": fields}


def _typed(
    name: str, type_: str, *, of: str = "", kind: str = "", fields: Sequence[_Row] = ()
) -> dict[str, Any]:
    """A field as FiftyOne declares it: of a type, a list `of` some, or a document of a `kind`."""
    return {
        "name": name,
        "ftype": f"fiftyone.core.fields.{type_}Field",
        "subfield": f"fiftyone.core.fields.{of}Field" if of else None,
        "embedded_doc_type": kind or None,
        "fields": fields,
        "db_field": "_id" if name == "id" else name,
    }
