"""Datasets as strangers hand them over: annotations, images, tags, archives, Parquet tables."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.target import Target
from tests.media.pictures import picture, put, thing, voc
from ymir.data.intake import together
from ymir.data.ops.merge import conflicts
from ymir.data.table import table
from ymir.layouts.tags import read_tags
from ymir.media.probe import probe
from ymir.media.tables import read_foreign, write_table
from ymir.sources.adopt import adopt, sound
from ymir.sources.origins.tars import unpack_tar
from ymir.sources.origins.zips import unpack_zip
from ymir.sources.pieces import Meaning, Reading, read_pieces, strays
from ymir.sources.problems import stop_on_problems
from ymir.sources.reading import Reader
from ymir.sources.sight import Sight
from ymir.sources.source import listing_of
from ymir.spec.source import Source

LABELS = {"cat": "cat", "dog": "dog", "hound": "dog"}
PICTURE = picture(1)
_VOC = (
    voc(thing(), thing("hound", (1, 1, 64, 48), "<pose>Left</pose><difficult>1</difficult>")),
    '<?xml version="1.0" encoding="UTF-8"?>' + voc(thing(more="<confidence>0.5</confidence>")),
)
_BOX = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3.5, 4], "area": 14, "iscrowd": 0}
_COCO = {
    "info": {"year": 2026},
    "licenses": [],
    "images": [{"id": 7, "file_name": "a.jpg", "width": 64, "height": 48, "tags": {"k": "v"}}],
    "categories": [{"id": 3, "name": "cat", "supercategory": "animal"}],
    "annotations": [
        _BOX,
        {**_BOX, "id": 2, "segmentation": [[1, 1, 5, 1, 5, 5]], "attributes": {"pose": "left"}},
        {**_BOX, "id": 3, "segmentation": {"size": [48, 64], "counts": [10, 5, 3057]}},
        {**_BOX, "id": 4, "segmentation": {"size": [48, 64], "counts": "Z18Xl1"}, "iscrowd": 1},
        {**_BOX, "id": 5, "score": 0.5},
    ],
}
_AT = {"original_width": 64, "original_height": 48, "image_rotation": 0}
_RESULT = [
    {
        "id": "r1",
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        **_AT,
        "value": {
            "x": 10,
            "y": 10,
            "width": 20.5,
            "height": 30,
            "rotation": 5,
            "rectanglelabels": ["cat"],
        },
    },
    {
        "id": "r2",
        "type": "polygonlabels",
        **_AT,
        "value": {"points": [[1, 1], [5, 1], [5, 5]], "polygonlabels": ["dog"]},
    },
    {
        "id": "r3",
        "type": "brushlabels",
        **_AT,
        "value": {"format": "rle", "rle": [0, 0, 48, 0, 1, 2], "brushlabels": ["dog"]},
    },
    {
        "id": "r4",
        "type": "ellipselabels",
        **_AT,
        "value": {
            "x": 50,
            "y": 50,
            "radiusX": 5,
            "radiusY": 6,
            "rotation": 0,
            "ellipselabels": ["cat"],
        },
    },
    {"id": "r5", "type": "choices", "value": {"choices": ["dim"]}, "from_name": "light"},
]
TASKS = [
    {
        "id": 1,
        "data": {"image": "/data/upload/3/1a2b3c4d-a.jpg"},
        "annotations": [
            {
                "id": 5,
                "completed_by": {"id": 1, "email": "a@b.c"},
                "result": _RESULT,
                "was_cancelled": False,
                "ground_truth": False,
                "created_at": "2026-01-02T03:04:05.000000Z",
                "updated_at": "2026-01-02T03:04:05.000000Z",
                "lead_time": 1.5,
            }
        ],
        "predictions": [{"result": _RESULT[:1], "score": 0.5, "model_version": "1"}],
        "drafts": [],
    }
]
_SAMPLES = {
    "samples": [
        {
            "_id": {"$oid": "0" * 24},
            "filepath": "data/a.jpg",
            "tags": ["light=dim", "north"],
            "metadata": {"_cls": "ImageMetadata", "width": 64, "height": 48},
            "weather": "rain",
            "ground_truth": {
                "_cls": "Detections",
                "detections": [
                    {"label": "cat", "bounding_box": [0.1, 0.2, 0.3, 0.4], "iscrowd": True},
                    {"label": "dog", "bounding_box": [0, 0, 1, 1], "confidence": 0.5, "pose": 1},
                ],
            },
        }
    ]
}
_ABOUT = {
    "version": "1.0.0",
    "sample_fields": [
        {"name": "filepath", "embedded_doc_type": None},
        {"name": "ground_truth", "embedded_doc_type": "fiftyone.core.labels.Detections"},
    ],
}
_IN_GROUP = {"id": 1, "group": 1, "label_id": 0, "z_order": 0, "attributes": {"occluded": False}}
_DATUMARO = {
    "dm_format_version": "1.0",
    "media_type": 2,
    "infos": {},
    "categories": {"label": {"labels": [{"name": "cat", "parent": ""}, {"name": "dog"}]}},
    "items": [
        {
            "id": "a",
            "attr": {"light": "dim"},
            "image": {"path": "a.jpg", "size": [48, 64]},
            "annotations": [
                {**_IN_GROUP, "type": "bbox", "bbox": [1, 2, 3.5, 4]},
                {**_IN_GROUP, "type": "polygon", "points": [1, 2, 4.5, 2, 4.5, 6]},
                {"type": "mask", "label_id": 1, "rle": {"size": [48, 64], "counts": "52io2"}},
                {"type": "bbox", "label_id": 1, "bbox": [1, 2, 3, 4], "attributes": {"score": 1}},
                {"type": "caption", "caption": "a cat"},
            ],
        }
    ],
}


def _source(kind: str, **more: object) -> Source:
    said = {"format": kind, "path": "raw", "unknown_labels": "add", "reject": "skip", **more}
    return Source.model_validate(said)


def _imported(kind: str, file: str) -> Callable[[Path, bytes], object]:
    """Import a folder in which one file is the input, as `ymir apply` does, without a store."""

    def read(folder: Path, data: bytes) -> object:
        raw = folder / "raw"
        place = raw / file
        kept = place.read_bytes() if place.exists() else None
        try:
            put(place, data)
            return [_read(raw, _source(kind, holds=holds)) for holds in ("labels", "predictions")]
        finally:
            if kept is None:
                place.unlink(missing_ok=True)
            else:
                place.write_bytes(kept)

    return read


def _read(raw: Path, source: Source) -> object:
    listing = listing_of(source, raw)
    reading = Reading(
        Reader(str(raw), is_full=True),
        source.format,
        Meaning(LABELS, source.unknown_labels, source.holds),
        listing.shared,
    )
    [listing.splits[each] for each in listing.splits]
    pieces = read_pieces(reading, listing, listing.images, Sight(), lambda files: None)
    parts = [part for piece in pieces for part in piece.parts]
    read_tags(raw, (*listing.images, *listing.others))
    intake = together([*parts, *strays(reading, listing)])
    stop_on_problems(intake, source, LABELS)
    return intake


def _folder(*, images: str, more: dict[str, bytes]) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        for number, name in enumerate(("a.jpg", "b.png")):
            put(folder / "raw" / images / name, picture(number, kind=name[-3:]))
        for name, content in more.items():
            put(folder / "raw" / name, content)

    return prepare


def _tagged(folder: Path, data: bytes) -> object:
    put(folder / "new" / "tags.csv", data)
    return read_tags(folder / "new", ["a.jpg", "images/b.jpg"])


def _probed(folder: Path, data: bytes) -> object:
    found = [probe(data, "x.jpg"), probe(data, "x.png")]
    put(folder / "new" / "images" / "a.jpg", data)
    put(folder / "new" / "images" / "b.png", data)
    return found, _read(folder / "new", _source("images"))


def _unzipped(folder: Path, data: bytes) -> None:
    archive, into = put(folder / "new.zip", data), folder / "into"
    into.mkdir()
    unpack_zip(archive, into)


def _untarred(folder: Path, data: bytes) -> None:
    archive, into = put(folder / "new.tar", data), folder / "into"
    into.mkdir()
    unpack_tar(archive, into)


def _tabled(folder: Path, data: bytes) -> object:
    found = read_foreign(put(folder / "images.parquet", data), folder / "copy.parquet")
    images = sound(found, "a catalogue")
    conflicts(images)
    return adopt(images, labels=LABELS, unknown="add")


def _parquet(folder: Path) -> bytes:
    row = {"image": "0" * 32, "file": "a.jpg", "bytes": 9, "width": 64, "height": 48}
    box = {"label": "cat", "x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0}
    write_table(table([{**row, "objects": [box]}]), folder / "a.parquet")
    return (folder / "a.parquet").read_bytes()


def _seed_of_a_table() -> bytes:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return _parquet(Path(folder))


_XML = (b"<object>", b"<name>cat</name>", b"<xmin>11</xmin>", b"<bndbox>", b"<size>", b"<cks>")
_XML += (b"</object>", b"<width>64</width>", b"<polygon><x1>1</x1><y1>1</y1></polygon>", b"<part>")

TARGETS = (
    Target(
        "voc",
        _imported("voc", "Annotations/a.xml"),
        [each.encode() for each in _VOC],
        "lines",
        _XML,
        _folder(images="JPEGImages", more={"Annotations/b.xml": voc(thing()).encode()}),
    ),
    Target(
        "voc-split",
        _imported("voc", "ImageSets/Main/train.txt"),
        [b"a\nb -1\n", b"a.jpg 1\nimages/b.png 0\n"],
        "lines",
        (b"a", b" 1", b" -1", b"b.png", b"/"),
        _folder(images="JPEGImages", more={"Annotations/a.xml": voc(thing()).encode()}),
    ),
    Target(
        "coco",
        _imported("coco", "annotations.json"),
        [json.dumps(_COCO).encode()],
        "json",
        (b'"bbox"', b'"segmentation"', b'"counts"', b'"size"', b'"attributes"', b'"tags"'),
        _folder(images="images", more={}),
    ),
    Target(
        "yolo",
        _imported("yolo", "labels/a.txt"),
        [b"0 0.5 0.5 0.2 0.1\n1 0.5 0.5 0.2 0.1 0.87\n", b"0 0.1 0.1 0.3 0.1 0.3 0.4\n"],
        "lines",
        (b"0.5", b" ", b"1e9", b"-1", b"\n"),
        _folder(images="images", more={"data.yaml": b"names: [cat, dog]\ntrain: images\n"}),
    ),
    Target(
        "yolo-names",
        _imported("yolo", "data.yaml"),
        [b"names: {0: cat, 1: dog}\npath: .\ntrain: images\nval: [images, lists.txt]\nnc: 2\n"],
        "yaml",
        (b"names", b"train: ", b"..", b"kpt_shape: [17, 3]", b"path"),
        _folder(images="images", more={"labels/a.txt": b"0 0.5 0.5 0.2 0.1\n"}),
    ),
    Target(
        "label-studio",
        _imported("labelstudio", "annotations.json"),
        [json.dumps(TASKS).encode()],
        "json",
        (b'"value"', b'"rle"', b'"points"', b'"rotation"', b'"result"'),
        _folder(images="images", more={}),
    ),
    Target(
        "fiftyone",
        _imported("fiftyone", "samples.json"),
        [json.dumps(_SAMPLES).encode()],
        "json",
        (b'"filepath"', b'"ground_truth"', b'"detections"', b'"bounding_box"', b'"tags"'),
        _folder(images="data", more={"metadata.json": json.dumps(_ABOUT).encode()}),
    ),
    Target(
        "fiftyone-fields",
        _imported("fiftyone", "metadata.json"),
        [json.dumps(_ABOUT).encode()],
        "json",
        (b'"sample_fields"', b'"name"', b'"embedded_doc_type"', b"predictions"),
        _folder(images="data", more={"samples.json": json.dumps(_SAMPLES).encode()}),
    ),
    Target(
        "datumaro",
        _imported("datumaro", "annotations/default.json"),
        [json.dumps(_DATUMARO).encode()],
        "json",
        (b'"bbox"', b'"points"', b'"rle"', b'"group"', b'"label_id"', b'"attributes"', b'"size"'),
        _folder(images="images/default", more={}),
    ),
    Target(
        "ark",
        _imported("ark", "annotations/a.txt"),
        [b"0, 11, 11, 20, 30, 0.5, 0\n1,1,1,5,5\n"],
        "lines",
        (b", ", b"-1", b"0", b"1e99", b"nan"),
        _folder(images="images", more={"classes.txt": b"cat\ndog\n"}),
    ),
    Target(
        "ark-classes",
        _imported("ark", "classes.txt"),
        [b"cat\ndog\n"],
        "lines",
        (b"cat", b"\n"),
        _folder(images="images", more={"annotations/a.txt": b"0, 11, 11, 20, 30\n"}),
    ),
    Target(
        "tags",
        _tagged,
        [b"image,key,value\na.jpg,light,dim\n", b'image,light,camera\n"a.jpg",dim,"no,rth"\n'],
        "lines",
        (b",", b'"', b"image", b"key", b"value", b"a.jpg", b"\r\n"),
    ),
    Target(
        "pictures",
        _probed,
        [PICTURE, picture(2, (3, 2), "png"), picture(3, (1, 1))],
        "bytes",
        (b"\xff\xd8", b"\xff\xd9", b"\xff\xc0", b"IHDR", b"IEND", b"\xff\xff\xff\xff"),
    ),
    Target("zip", _unzipped, [b""], "zip", (b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06")),
    Target("tar", _untarred, [b""], "tar", (b"ustar", b"30 path=../x\n", b"\x1f\x8b")),
    Target("table", _tabled, [_seed_of_a_table()], "bytes", (b"PAR1", b"list", b"element")),
)
