"""What executors leave behind, and what clusters and images answer."""

import io
import json
import tarfile
from pathlib import Path

import yaml

from tests.fuzz.target import Target
from tests.media.pictures import put
from ymir.contracts.attempt import Attempt
from ymir.contracts.monitor import read_monitor
from ymir.contracts.ticket import tickets
from ymir.data.table import table
from ymir.engine.manual import _wanted
from ymir.jobs.predictions import read_predictions
from ymir.jobs.ranking import read_mining
from ymir.jobs.standing import lines
from ymir.jobs.training_result import read_training
from ymir.slurm.fitting import read_nodes
from ymir.slurm.queue import read_queue
from ymir.spec.manual import file_names, read_manual

IMAGES = table(
    {
        "image": name * 32,
        "file": f"{name}.jpg",
        "bytes": 9,
        "width": 64,
        "height": 48,
        "objects": [],
    }
    for name in "ab"
)
_A, _B = "a" * 32, "b" * 32


def _trained(folder: Path, data: bytes) -> object:
    put(folder / "out" / "models" / "result.yaml", data)
    return read_training(folder / "out")


def _weights(folder: Path) -> None:
    for name in ("a.pt", "best/b.onnx", "attachments/s/c.txt"):
        put(folder / "out" / "models" / name, b"weights")


def _mined(folder: Path, data: bytes) -> object:
    put(folder / "out" / "result.tsv", data)
    return read_mining(folder / "out", IMAGES)


def _inferred(folder: Path, data: bytes) -> object:
    put(folder / "out" / "infer-result.json", data)
    return read_predictions(folder / "out", IMAGES, ["cat", "dog"])


def _monitored(folder: Path, data: bytes) -> object:
    attempt = Attempt(folder / "1")
    put(attempt.out / "monitor.txt", data)
    return attempt.progress, read_monitor(data.decode(errors="replace"))


def _ended(folder: Path, data: bytes) -> object:
    attempt = Attempt(folder / "1")
    put(attempt.folder / "exit.json", data)
    ending = attempt.ending
    return ending and (f"{ending.code:d} {ending.seconds:.1f}", ending.tail.strip())


def _ticketed(folder: Path, data: bytes) -> object:
    put(folder / "jobs" / "a" / "job.json", data)
    return [job.folder / job.name for job in tickets(folder / "jobs")]


def _manual(folder: Path, data: bytes) -> object:
    return [read_manual({name: data}) for name in file_names()]


def _manuals(folder: Path, data: bytes) -> object:
    try:
        found = dict(_wanted(data))
    except (tarfile.TarError, ValueError, KeyError):  # as whoever calls it has it
        return None
    return read_manual({name: each for name, each in found.items() if isinstance(each, bytes)})


def _queue(folder: Path, data: bytes) -> object:
    text = data.decode(errors="replace")
    tasks = [(each.id, each.is_hopeless, each.loss) for each in read_queue(text).values()]
    return tasks, [node.count(None) for node in read_nodes(text)]


def _logged(folder: Path, data: bytes) -> object:
    return list(lines(iter(data.decode(errors="replace"))))


def _image_of_manuals() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("manifest.yaml", "training-template.yaml", "det/infer-template.yaml"):
            entry = tarfile.TarInfo(f"img-man/{name}")
            content = b"object_type: [2, 4]\nepochs: 10\n"
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


_NEW = {
    "best_stage_name": "best",
    "model_stages": {
        "best": {"stage_name": "best", "files": ["b.onnx"], "mAP": 0.5, "timestamp": 9}
    },
    "mAP": 0.5,
    "evaluation_output": "e.yaml",
    "attachments": {"s": ["c.txt"]},
}
_OLD = {"model": ["a.pt"], "map": 0.25, "model_type": "pytorch"}
_CELL = {
    "box": {"x": 1, "y": 2, "w": 3, "h": 4, "rotate_angle": 0},
    "class_name": "cat",
    "score": 1,
}
_FOUND = {
    "detection": {
        f"{_A}.jpg": {"boxes": [_CELL, {**_CELL, "score": "0.5"}]},
        f"/in/{_B}.jpg": {"annotations": []},
    }
}
_MASKS = {
    "images": [{"id": 1, "file_name": f"{_A}.jpg", "width": 64, "height": 48}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "bbox": [1, 2, 3, 4],
            "area": 12,
            "confidence": 0.5,
            "segmentation": {"size": [48, 64], "counts": "Z18Xl1"},
            "iscrowd": 0,
        }
    ],
}
_JOB = {
    "name": "a",
    "folder": "jobs/a",
    "command": ["run"],
    "limit": 60,
    "resources": {"gpus": 0},
    "environment": {},
}
_QUEUE = b"ymir-a|12|0|RUNNING|node1|None\nymir-b|13|1|PENDING||BadConstraints\n"
_NODES = b"gpu*|node1|16|64000|2-00:00:00|gpu:h200:4(S:0-1)\ncpu|node2|4+|8000|infinite|(null)\n"

TARGETS = (
    Target(
        "result.yaml",
        _trained,
        [yaml.safe_dump(_NEW).encode(), yaml.safe_dump(_OLD).encode()],
        "yaml",
        (b"files: ", b"mAP: ", b"timestamp: ", b"attachments:", b"model: "),
        _weights,
    ),
    Target(
        "result.tsv",
        _mined,
        [f"{_A}.jpg\t0.5\n{_B}.jpg\t0.25\n".encode(), f"/in/{_A}.jpg 1\n".encode()],
        "lines",
        (b"\t", b"nan", b"inf", b"1e400", b".jpg"),
    ),
    Target(
        "infer-result.json",
        _inferred,
        [json.dumps(_FOUND).encode(), json.dumps(_MASKS).encode()],
        "json",
        (b'"box"', b'"score"', b'"class_name"', b'"counts"', b"NaN", b"Infinity"),
    ),
    Target(
        "monitor.txt",
        _monitored,
        [b"t1\t1700000000\t0.5\t2\n", b"t1\t1700000000\t1\t4\t137\tout of memory\nmore\n"],
        "lines",
        (b"\t", b"running", b"TaskState.RUNNING", b"2.0", b"nan", b"1e999"),
    ),
    Target(
        "exit.json",
        _ended,
        [b'{"how": "exit", "code": 1, "seconds": 2.5, "tail": "boom"}'],
        "json",
    ),
    Target("job.json", _ticketed, [json.dumps(_JOB).encode()], "json"),
    Target(
        "img-man",
        _manual,
        [b"object_type: 2\nenable_livecode: true\n", b"epochs: 10\nlr: 0.1\ngpu_id: '0'\n"],
        "yaml",
        (b"object_type: ", b"2026-01-02", b"!!binary "),
    ),
    Target("img-man-tar", _manuals, [_image_of_manuals()], "bytes", (b"ustar", b"img-man/")),
    Target("slurm", _queue, [_QUEUE, _NODES], "lines", (b"|", b"gpu:", "²".encode(), b"infinite")),
    Target("log", _logged, [b"50%|x|\r60%\r\n\x1b[31mred\x1b[0m\nend"], "lines", (b"\r", b"\x1b[")),
)
