"""A batch of pictures with suggestions, and answers to it, for the benchmark of labels."""

from __future__ import annotations

import json
import pickle
import sqlite3
import uuid
from dataclasses import asdict, dataclass, field
from hashlib import md5
from pathlib import Path

import made
import polars as pl

from ymir.contracts.labeling import Batch
from ymir.data.table import table

SIDE = 128  # pixels; a picture of 20 kB
CLASSES = ("person", "car")
BOXES = 5  # suggested for each picture
_ANSWER = """
INSERT INTO task_completion (result, was_cancelled, created_at, updated_at, task_id, lead_time,
    result_count, completed_by_id, ground_truth, project_id, unique_id)
SELECT ?, 0, created_at, updated_at, id, 4.2, ?, 1, 0, project_id, ? FROM task WHERE id = ?
"""


@dataclass(frozen=True)
class Task:
    """The server and the batch, for the program that sends or collects."""

    url: str
    token: str = field(repr=False)
    batch: Path


def write_batch(folder: Path, count: int, key: str) -> Path:
    """The pictures, and the batch as ymir has it, in a file."""
    made.write_pictures(folder, range(count), side=SIDE)
    files = sorted(folder.rglob("*.jpg"))
    media = {md5(each.read_bytes(), usedforsecurity=False).hexdigest(): each for each in files}
    rows = [
        {"image": image, "file": file.name, "bytes": file.stat().st_size, "format": "jpg"}
        | {"width": SIDE, "height": SIDE, "objects": []}
        for image, file in media.items()
    ]
    found = [{**row, "objects": [_box(number) for number in range(BOXES)]} for row in rows]
    images, suggested = table(rows), table(found)
    batch = Batch(
        name="bench-r1",
        key=key,
        images=images,
        pool=images.clear(),
        suggested=suggested,
        classes=CLASSES,
        primary_names={name: name for name in CLASSES},
        media=media,
        workspace=folder,
        model="bench/r1",
    )
    file = folder / "batch"
    file.write_bytes(pickle.dumps({**vars(batch), "tell": None}))
    return file


def read_batch(file: Path) -> Batch:
    """What `write_batch` has written."""
    parts = pickle.loads(file.read_bytes())  # noqa: S301 - our own
    return Batch(**{name: value for name, value in parts.items() if name != "tell"})


def _box(number: int) -> dict[str, object]:
    place = 4.0 + 20 * number
    box = {"x": place, "y": place, "w": 16.0, "h": 12.0, "score": 0.5 + number / 10}
    return {"label": CLASSES[number % 2], **box}


def region(number: int) -> dict[str, object]:
    """The same box as Label Studio has it."""
    share = 100 / SIDE
    place = (4.0 + 20 * number) * share
    value = {"x": place, "y": place, "width": 16 * share, "height": 12 * share, "rotation": 0}
    return {
        "id": f"b{number}",
        "type": "rectanglelabels",
        "from_name": "label",
        "to_name": "image",
        "original_width": SIDE,
        "original_height": SIDE,
        "image_rotation": 0,
        "score": 0.5 + number / 10,
        "value": {**value, "rectanglelabels": [CLASSES[number % 2]]},
    }


def answer_all(database: Path) -> int:
    """Somebody agrees with every suggestion: written into the server's data base, to save time."""
    result = json.dumps([region(number) for number in range(BOXES)])
    with sqlite3.connect(database) as server:
        tasks = [number for (number,) in server.execute("SELECT id FROM task").fetchall()]
        rows = [(result, BOXES, uuid.uuid4().hex, task) for task in tasks]
        server.executemany(_ANSWER, rows)
        server.execute("UPDATE task SET is_labeled = 1, total_annotations = 1")
    server.close()
    return len(tasks)


def write_task(file: Path, task: Task) -> Path:
    """What a program needs to know, in a file."""
    file.write_text(json.dumps({**asdict(task), "batch": str(task.batch)}))
    return file


def read_task(file: Path) -> Task:
    """What `write_task` has written."""
    parts = json.loads(file.read_text())
    return Task(parts["url"], parts["token"], Path(parts["batch"]))


def frame(rows: pl.DataFrame) -> tuple[int, int]:
    """How many answers there are, and how many boxes in them."""
    return rows.height, int(rows["objects"].list.len().sum())
