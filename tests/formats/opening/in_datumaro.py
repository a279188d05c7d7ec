"""`python in_datumaro.py FILE DIR…`: writes into a JSON file what Datumaro sees in each folder."""

import json
import sys
from pathlib import Path

from datumaro.components.annotation import AnnotationType
from datumaro.components.dataset import Dataset


def see(folder):
    dataset = Dataset.import_from(folder)  # it finds the format by itself
    labels = [each.name for each in dataset.categories()[AnnotationType.label]]
    return {
        "format": dataset.format,
        "classes": labels,
        "subsets": list(dataset.subsets()),
        "images": [image(item, labels) for item in dataset],
    }


def image(item, labels):
    boxes = [each for each in item.annotations if each.type == AnnotationType.bbox]
    return {
        "name": item.id,
        "read": list(item.media.data.shape[:2]),
        "size": list(item.media.size),
        "tags": item.attributes,
        "objects": [instance(box, item.annotations, labels) for box in boxes],
    }


def instance(box, annotations, labels):
    attributes = dict(box.attributes)
    return {
        "label": labels[box.label],
        "box": box.get_bbox(),
        "score": attributes.pop("score", None),
        "crowd": attributes.pop("is_crowd", False),
        "attributes": attributes,
        "masks": {
            each.type.name: float(each.get_area())
            for each in annotations
            if each.group == box.group and each is not box
        },
    }


Path(sys.argv[1]).write_text(json.dumps([see(folder) for folder in sys.argv[2:]]))
