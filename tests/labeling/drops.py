"""What people drop into the folder of a batch, and what comes of it."""

import json
import os
import time

import pytest

from tests.labeling.batches import box, objects_of
from ymir.errors import DataError
from ymir.labeling import folder

NAMES = ("1-clip-2", "2-clip-1", "3-clip-0")


def home(sent):
    return sent.workspace / "labels" / sent.name


def voc(*objects, size=(60, 40)):
    boxes = "".join(
        f"<object><name>{each['label']}</name><bndbox><xmin>{each['x'] + 1}</xmin>"
        f"<ymin>{each['y'] + 1}</ymin><xmax>{each['x'] + each['w']}</xmax>"
        f"<ymax>{each['y'] + each['h']}</ymax></bndbox></object>"
        for each in objects
    )
    width, height = size
    return (
        f"<annotation><size><width>{width}</width><height>{height}</height></size>"
        f"{boxes}</annotation>"
    )


def coco(**objects):
    """A COCO file with some boxes per image name."""
    labels = ["helmet_head", "HEAD", "dog"]
    return json.dumps(
        {
            "images": [
                {"id": place, "file_name": f"{name.replace('_', '-')[1:]}.jpg"}
                for place, name in enumerate(objects)
            ],
            "annotations": [
                {
                    "id": 10 * place + at,
                    "image_id": place,
                    "category_id": labels.index(each["label"]),
                    "bbox": [each["x"], each["y"], each["w"], each["h"]],
                }
                for place, boxes in enumerate(objects.values())
                for at, each in enumerate(boxes)
            ],
            "categories": [{"id": at, "name": name} for at, name in enumerate(labels)],
        }
    )


def drop(sent, name, text, age=60):
    """Save a file as if it were some seconds ago."""
    target = home(sent) / name
    target.parent.mkdir(exist_ok=True, parents=True)
    target.write_text(text)
    os.utime(target, (time.time() - age,) * 2)


def drop_all(sent):
    """One box, one negative image, two boxes."""
    drop(sent, f"annotations/{NAMES[0]}.xml", voc(box()))
    drop(sent, f"annotations/{NAMES[1]}.xml", voc())
    drop(sent, f"annotations/{NAMES[2]}.xml", voc(box(), box("Head", at=(30, 20))))


def boxes(sent):
    return [
        None
        if objects is None
        else [(each["label"], each["x"], each["y"], each["w"], each["h"]) for each in objects]
        for objects in objects_of(sent, folder.collect(sent, {}))
    ]


def mistakes(sent):
    with pytest.raises(DataError) as error:
        folder.collect(sent, {})
    assert "run `ymir apply` again" in error.value.hint
    return str(error.value).splitlines()[1:]
