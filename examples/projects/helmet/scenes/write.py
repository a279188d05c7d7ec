"""Writes drawn scenes as VOC and COCO folders, the same bytes for the same seed."""

import csv
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from scenes.canvas import SIZE
from scenes.scene import CLASSES, Label, draw_scene
from scenes.shots import Shot

QUALITY = 92
Labelled = tuple[str, tuple[Label, ...]]


def write_voc(folder: Path, shots: Sequence[Shot], workers: int) -> None:
    """Write `JPEGImages/*.jpg` and one XML for each in `Annotations/`."""
    annotations = _new_folder(folder / "Annotations")
    for name, labels in _write_pictures(folder / "JPEGImages", shots, workers):
        tree = ElementTree(_voc_annotation(name, labels))
        indent(tree)
        tree.write(annotations / f"{Path(name).stem}.xml", encoding="utf-8")


def write_coco(folder: Path, shots: Sequence[Shot], workers: int) -> None:
    """Write `images/*.jpg` and `annotations.json`."""
    labelled = _write_pictures(folder / "images", shots, workers)
    text = json.dumps(_coco_document(labelled), indent=1)
    (folder / "annotations.json").write_text(text + "\n", encoding="utf-8")


def write_tags(folder: Path, shots: Sequence[Shot]) -> None:
    """Write `tags.csv`: what kind of scene each picture shows."""
    with (folder / "tags.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("image", "scene"))
        rows.writerows((shot.name, shot.mode) for shot in shots)


WRITERS: dict[str, Callable[[Path, Sequence[Shot], int], None]] = {
    "train": write_voc,
    "val": write_voc,
    "test": write_coco,
    "pool": write_coco,
}


def _write_pictures(folder: Path, shots: Sequence[Shot], workers: int) -> list[Labelled]:
    draw = partial(_write_picture, _new_folder(folder))
    if workers == 1:
        return [draw(shot) for shot in shots]
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return list(pool.map(draw, shots, chunksize=8))


def _write_picture(folder: Path, shot: Shot) -> Labelled:
    scene = draw_scene(shot.seed, shot.mode, shot.frame)
    scene.picture.save(folder / shot.name, quality=QUALITY)
    return shot.name, scene.labels


def _new_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _voc_annotation(name: str, labels: Sequence[Label]) -> Element:
    """VOC counts pixels from 1, and its corners belong to the box."""
    annotation = Element("annotation")
    SubElement(annotation, "folder").text = "JPEGImages"
    SubElement(annotation, "filename").text = name
    _numbers(SubElement(annotation, "size"), {"width": SIZE, "height": SIZE, "depth": 3})
    SubElement(annotation, "segmented").text = "0"
    for label in labels:
        item = SubElement(annotation, "object")
        SubElement(item, "name").text = label.name
        SubElement(item, "pose").text = "Unspecified"
        _numbers(item, {"truncated": 0, "difficult": 0})
        corners = {
            "xmin": label.x + 1,
            "ymin": label.y + 1,
            "xmax": label.x + label.width,
            "ymax": label.y + label.height,
        }
        _numbers(SubElement(item, "bndbox"), corners)
    return annotation


def _numbers(parent: Element, values: dict[str, int]) -> None:
    for tag, value in values.items():
        SubElement(parent, tag).text = str(value)


def _coco_document(labelled: Sequence[Labelled]) -> dict[str, object]:
    images = [
        {"id": number, "file_name": name, "width": SIZE, "height": SIZE}
        for number, (name, _) in enumerate(labelled, 1)
    ]
    found = [(image, label) for image, (_, labels) in enumerate(labelled, 1) for label in labels]
    annotations = [
        {
            "id": number,
            "image_id": image,
            "category_id": CLASSES.index(label.name) + 1,
            "bbox": [label.x, label.y, label.width, label.height],
            "area": label.width * label.height,
            "iscrowd": 0,
        }
        for number, (image, label) in enumerate(found, 1)
    ]
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, 1)]
    return {"images": images, "annotations": annotations, "categories": categories}
