"""The output side of the folder contract: progress and results, each file written in one step."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import yaml

from ymir_kit.contract import Environment
from ymir_kit.errors import Code, ExecutorError

RUNNING = 2
FAILED = 4
BEST_STAGE = "best"
LAST_STAGE = "last"
JUDGED = {"iou_thr": 0.5, "conf_thr": 0.005}  # what the mAP of a stage is measured at


@dataclass(frozen=True)
class Monitor:
    """Writes `monitor.txt`; a part of the work reports into its own share of the whole."""

    file: Path
    task_id: str
    start: float = 0.0
    end: float = 1.0

    def share(self, start: float, end: float) -> "Monitor":
        """Return a monitor whose 0..1 is `start`..`end` of this one's."""
        span = self.end - self.start
        return Monitor(self.file, self.task_id, self.start + span * start, self.start + span * end)

    def progress(self, done: float) -> None:
        """Say that the fraction `done` (0..1) of this part is finished."""
        percent = self.start + (self.end - self.start) * min(max(done, 0.0), 1.0)
        self._write(percent, RUNNING, 0, "")

    def failed(self, code: int, message: str) -> None:
        """Say that the task cannot go on, and why."""
        self._write(1.0, FAILED, code, message)

    def _write(self, percent: float, state: int, code: int, message: str) -> None:
        columns = [self.task_id, f"{time.time():.6f}", f"{percent:.4f}", str(state)]
        if state == FAILED:
            columns += [str(code), " ".join(message.split())[:200]]
        write_text(self.file, "\t".join(columns) + "\n")


@dataclass(frozen=True)
class Box:
    """An object found in an image; the box in whole pixels of that image."""

    class_name: str
    score: float
    x: int
    y: int
    width: int
    height: int


def write_text(file: Path, text: str) -> None:
    """Replace `file` in one step, so that nobody reads half of it; several processes may do so."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


@dataclass(frozen=True)
class Stage:
    """A model that a training offers: its files, and its mAP at IoU 0.5."""

    name: str
    files: tuple[str, ...]
    mean_average_precision: float
    timestamp: int


def stage_folder(environment: Environment, name: str) -> Path:
    """Return the new folder for a stage's files; an old platform wants them without a folder."""
    folder = environment.models_folder / ("" if environment.speaks_old_protocol else name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def training_result(stages: Sequence[Stage], *, old_protocol: bool) -> dict[str, object]:
    """Return what `result.yaml` says of the stages, the best one first."""
    best = stages[0]
    if old_protocol:
        quality = best.mean_average_precision
        return {"model": list(best.files), "map": quality, "timestamp": best.timestamp}
    return {
        "best_stage_name": best.name,
        "mAP": best.mean_average_precision,
        "model_stages": {stage.name: _stage_record(stage) for stage in stages},
        "evaluate_config": dict(JUDGED),
    }


def write_yaml(file: Path, values: Mapping[str, object]) -> None:
    """Write a mapping of plain values as YAML."""
    write_text(file, yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True))


class InferWriter:
    """Writes `infer-result.json` image by image; the file appears when the last one is in it."""

    def __init__(self, file: Path, old_protocol: bool) -> None:
        self._file = file
        self._partial = file.with_name(f".{file.name}.partial")
        self._key = "annotations" if old_protocol else "boxes"
        self._names: set[str] = set()

    def __enter__(self) -> "InferWriter":
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._partial.open("w", encoding="utf-8")
        self._stream.write('{"detection": {')
        return self

    def add(self, image: str, boxes: Sequence[Box]) -> None:
        """Write what was found in an image, under its file name; nothing found is said too."""
        name = PurePath(image).name
        if name in self._names:
            raise ExecutorError(
                Code.DATASET, f"two candidates are called `{name}`: results could not be told apart"
            )
        self._stream.write(",\n" if self._names else "\n")
        self._names.add(name)
        records = {self._key: [_box_record(box) for box in boxes]}
        self._stream.write(f"{json.dumps(name)}: {json.dumps(records, allow_nan=False)}")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stream.write("\n}}\n")
        self._stream.close()
        if kind is None:
            self._partial.replace(self._file)
        else:
            self._partial.unlink()


def ranking(scores: Mapping[str, float]) -> str:
    """Return the text of `result.tsv`: highest score first, equal ones by path."""
    ordered = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return "".join(f"{image}\t{score:.6f}\n" for image, score in ordered)


def _stage_record(stage: Stage) -> dict[str, object]:
    return {
        "stage_name": stage.name,
        "files": list(stage.files),
        "timestamp": stage.timestamp,
        "mAP": stage.mean_average_precision,
    }


def _box_record(box: Box) -> dict[str, object]:
    place = {"x": box.x, "y": box.y, "w": box.width, "h": box.height}
    return {"class_name": box.class_name, "score": box.score, "box": place}
