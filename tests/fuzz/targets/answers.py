"""What people and label servers answer: dropped files, exports, calls."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import orjson
from pydantic import ValidationError

from tests.fuzz.target import Target
from tests.fuzz.targets.datasets import TASKS
from tests.labeling.batches import batch
from tests.media.pictures import put, thing, voc
from tests.watching.loops import run
from ymir.answers.rows import refuse, taken
from ymir.contracts.labeling import Batch
from ymir.cvat.faults import words_of
from ymir.cvat.inbound import Whole, answers
from ymir.cvat.replies import Job, Label, Marks, Meta, Task
from ymir.cvat.settings import Settings as CvatSettings
from ymir.errors import YmirError
from ymir.labeling import folder as dropping
from ymir.labelstudio.answers import Reading, deleted, said_in
from ymir.labelstudio.replies import AwayError, value_of
from ymir.labelstudio.settings import Settings as LabelStudioSettings
from ymir.watching.receiver import Pushes, Receiver

_BATCHES: dict[Path, Batch] = {}
_CVAT = CvatSettings.model_validate({"url": "http://cvat.example", "token": {"env": "T"}})
_STUDIO = LabelStudioSettings.model_validate(
    {"url": "http://studio.example", "token": {"env": "T"}}
)


def _sent(folder: Path) -> Batch:
    _BATCHES[folder] = batch(folder)
    dropping.send(_BATCHES[folder], {})
    return _BATCHES[folder]


def _dropped(name: str) -> Callable[[Path, bytes], object]:
    """A file dropped into the folder of a batch, as `collect` finds it."""

    def read(folder: Path, data: bytes) -> object:
        sent = _BATCHES[folder]
        labels = folder / "labels" / sent.name
        file = put(labels / name, data)
        try:
            answered, _ = dropping._read(sent, dropping._sent(dropping.numbered(sent)), None)  # noqa: SLF001 - the rest needs a server, or a clock
            refuse(answered.mistakes, "answers", "correct them")
            return answered, dropping.done(folder, sent.name)
        finally:
            file.unlink()

    return read


def _studio(folder: Path, data: bytes) -> object:
    sent = _BATCHES[folder]
    response = httpx.Response(200, content=data, request=httpx.Request("GET", "http://x.example"))
    try:
        tasks = value_of(response, "http://x.example")
    except AwayError:
        return None
    image = sent.images["image"][0]
    rows = [each for each in tasks if isinstance(each, dict)] if isinstance(tasks, list) else []
    for each in rows:  # so that it is about an image that was sent
        if isinstance(each.get("data"), dict):
            each["data"] = {"ymir_image": image, "ymir_copy": 1, **each["data"]}
    sizes = dict.fromkeys(sent.images["image"], (60, 40))
    reading = Reading(_STUDIO, sizes, {1: "a@b.c"}, lambda task: f"task {task}")
    said = said_in(rows, reading)
    said += deleted([(image, 1)], rows, said)
    answered = taken(sent, said)
    refuse(answered.mistakes, "answers", "correct them")
    return answered


def _cvat(folder: Path, data: bytes) -> object:
    """What a server answers to the calls about one task, as its replies are read."""
    sent = _BATCHES[folder]
    try:
        said = orjson.loads(data)
        whole = Whole(
            Task.model_validate(said["task"]),
            [Job.model_validate(each) for each in said["jobs"]],
            Meta.model_validate(said["meta"]),
            [Label.model_validate(each) for each in said["labels"]],
            Marks.model_validate(said["marks"]),
        )
    except (ValueError, TypeError, LookupError, ValidationError):
        return None  # `Server` says so, in words
    answered = taken(sent, answers(sent, whole, _CVAT))
    refuse(answered.mistakes, "answers", "correct them")
    return answered


def _refusals(folder: Path, data: bytes) -> object:
    """What a server says where it refuses."""
    found: list[object] = [words_of(data)]
    for status in (200, 302, 400, 401, 404, 429, 500):
        asked = httpx.Request("GET", "http://x.example/api/tasks")
        more = {
            "retry-after": data[:40].decode("ascii", "ignore").replace("\n", " ").replace("\r", " ")
        }
        try:
            found.append(
                value_of(httpx.Response(status, content=data, headers=more, request=asked), "u")
            )
        except (AwayError, YmirError) as error:
            found.append(str(error))
    return found


def _called(folder: Path, data: bytes) -> object:
    rung: list[str] = []
    receiver = Receiver(
        ["secret"], lambda: ["0123456789ab"], rung.append, Pushes("main", rung.append)
    )
    heard = receiver._heard  # noqa: SLF001 - the rest needs a server, or a clock
    return [run(heard(path, data)).status for path in ("/github", "/cvat")]


_AT = {"rotation": 0, "source": "manual", "label_id": 1, "frame": 0}
_WHOLE = {
    "task": {"id": 1, "name": "helmet-r2 1-3 [0123456789ab]", "size": 3},
    "jobs": [
        {
            "id": 1,
            "start_frame": 0,
            "stop_frame": 2,
            "stage": "acceptance",
            "state": "completed",
            "assignee": {"username": "kim"},
            "updated_date": "2026-01-02T03:04:05Z",
        }
    ],
    "meta": {
        "frames": [{"name": "a.jpg", "width": 60, "height": 40}] * 3,
        "deleted_frames": [1],
    },
    "labels": [{"id": 1, "name": "helmet_head", "type": "rectangle"}],
    "marks": {
        "shapes": [
            {**_AT, "type": "rectangle", "points": [1, 2, 30, 20]},
            {**_AT, "type": "polygon", "points": [1, 2, 30, 20, 5, 5], "frame": 2},
            {**_AT, "type": "ellipse", "points": [10, 10, 15, 5], "rotation": 30, "frame": 2},
            {**_AT, "type": "mask", "points": [1, 2, 3, 0, 0, 2, 2], "frame": 2},
        ],
        "tracks": [{"frame": 1, "label_id": 1}],
    },
}
_STEM = "001-day_1_clip-0"
_COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 60, "height": 40}],
    "categories": [{"id": 1, "name": "helmet_head"}],
    "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}],
}
_VOC = voc(thing("helmet_head"), size=(60, 40)).encode()
_PUSH = {"ref": "refs/heads/main", "project": {"description": "[ymir:0123456789ab] x"}}
_REFUSAL = {"detail": "no", "validation_errors": {"a": ["b"]}, "status_code": 400}


def _name_of(folder: Path) -> str:
    """How the first image of the batch is called."""
    return min(each.stem for each in (folder / "labels").rglob("images/*"))


def _first(suffix: str) -> str:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        _sent(Path(folder))
        _BATCHES.pop(Path(folder))
        return f"{_name_of(Path(folder))}{suffix}"


_IMAGE = _first("")
_DROPPED = json.dumps(
    [{"data": {"image": f"{_IMAGE}.jpg"}, "annotations": TASKS[0]["annotations"]}]
)
_DROPPED_COCO = json.dumps(_COCO).replace("a.jpg", f"{_IMAGE}.jpg")

TARGETS = (
    Target("dropped-voc", _dropped(f"annotations/{_IMAGE}.xml"), [_VOC], "lines", (), _sent),
    Target(
        "dropped-coco", _dropped("annotations/a.json"), [_DROPPED_COCO.encode()], "json", (), _sent
    ),
    Target("dropped-tasks", _dropped("a.json"), [_DROPPED.encode()], "json", (), _sent),
    Target(
        "dropped-yolo",
        _dropped(f"labels/{_IMAGE}.txt"),
        [b"0 0.5 0.5 0.2 0.1\n"],
        "lines",
        (),
        _sent,
    ),
    Target(
        "dropped-names", _dropped("data.yaml"), [b"names: [helmet_head, head]\n"], "yaml", (), _sent
    ),
    Target(
        "skipped.txt",
        _dropped("skipped.txt"),
        [f"{_IMAGE}.jpg, too dark\n".encode()],
        "lines",
        (),
        _sent,
    ),
    Target("studio-export", _studio, [json.dumps(TASKS).encode()], "json", (), _sent),
    Target("cvat-task", _cvat, [json.dumps(_WHOLE).encode()], "json", (), _sent),
    Target("refusals", _refusals, [json.dumps(_REFUSAL).encode(), b"<html>no</html>"], "lines"),
    Target("webhooks", _called, [json.dumps(_PUSH).encode()], "json", (b'"ref": ', b'"project": ')),
)
