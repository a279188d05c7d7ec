"""What a training left behind: the stages in `out/models/result.yaml`, old form or new."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ymir.errors import ResultError
from ymir.jobs.outputs import MIB, inside, read_text, read_yaml, wrong
from ymir.jobs.remarks import Notes, Remark

FILE = "models/result.yaml"
OLD_STAGE = "default_best_stage"  # what the old form's only model is called
_MAP_NAMES = ("mAP", "map", "maskAP", "boxAP", "mIoU")
_TOO_LATE = 1 << 32  # the seconds that gzip counts


@dataclass(frozen=True)
class StageResult:
    """One state of the model that the executor recommends keeping."""

    name: str
    files: Mapping[str, Path]  # the executor's name of each file -> where it lies
    own_map: float | None  # what the executor says of itself: recorded, never trusted
    timestamp: int  # seconds since 1970; 0 where the executor gives none


@dataclass(frozen=True)
class TrainedModel:
    """The stages of a training, the recommended one first in `stages`."""

    best: str
    stages: Mapping[str, StageResult]
    attachments: Mapping[str, Path]
    remarks: tuple[Remark, ...] = ()

    @property
    def stage(self) -> StageResult:
        """The recommended stage."""
        return self.stages[self.best]


def read_training(out: Path) -> TrainedModel:
    """Read the result of a training, or say in one line what is wrong with it."""
    result = _result(out)
    reading = _Reading(out)
    is_old = "model" in result
    stages = _old(reading, result) if is_old else _new(reading, result)
    best = OLD_STAGE if is_old else _best(reading, _word(result.get("best_stage_name")), stages)
    for error in reading.broken.values():
        reading.notes.add("stage-unusable", error)
    attachments = _attachments(reading, result.get("attachments") or {})
    ordered = {best: stages[best], **stages}
    return TrainedModel(best, ordered, attachments, reading.notes.remarks)


@dataclass(frozen=True)
class _Reading:
    """Where the files lie, what is noticed, and why some stages cannot be used."""

    out: Path
    notes: Notes = field(default_factory=Notes)
    broken: dict[str, ResultError] = field(default_factory=dict)


def _result(out: Path) -> Mapping[str, Any]:
    """What the file says; the two ways in which a figure of numpy or torch spoils it are named."""
    text = read_text(out, FILE, limit=MIB)
    how = "write plain numbers, such as `float(figure)` makes of numpy's and torch's"
    if not text.strip():
        raise wrong(FILE, f"is empty: writing it broke off; {how}")
    if "!!python/" in text:
        raise wrong(FILE, f"is not YAML, but holds objects of Python (`!!python/…`): {how}")
    return read_yaml(out, FILE)


def _old(reading: _Reading, result: Mapping[str, Any]) -> dict[str, StageResult]:
    """The form of YMIR 1.1: one model, its files flat in `out/models`."""
    if not any(name in result for name in _MAP_NAMES):
        reading.notes.add("map-missing", f"it has {', '.join(map(_word, result))}")
    whole = {"timestamp": 0, **result, "files": result["model"], "stage_name": OLD_STAGE}
    return {OLD_STAGE: _stage(reading, OLD_STAGE, whole)}


def _new(reading: _Reading, result: Mapping[str, Any]) -> dict[str, StageResult]:
    """The form since YMIR 1.2: named stages, one of them the best."""
    listed = result.get("model_stages")
    if not isinstance(listed, dict) or not listed:
        raise wrong(FILE, "lists no model: neither `model_stages` nor `model` is there")
    stages: dict[str, StageResult] = {}
    for name, stage in listed.items():
        try:
            stages[_word(name)] = _stage(reading, _word(name), stage)
        except ResultError as error:
            reading.broken[_word(name)] = error
    return stages


def _best(reading: _Reading, named: str, stages: Mapping[str, StageResult]) -> str:
    """The stage that the executor recommends; else the one with its best figure, the newest."""
    if named in stages:
        return named
    if named in reading.broken:
        raise reading.broken[named]
    if not stages:
        raise next(iter(reading.broken.values()))
    reading.notes.add("best-stage-unknown", f"{named}, of {', '.join(stages)}")
    return max(stages.values(), key=lambda each: (each.own_map or 0, each.timestamp)).name


def _stage(reading: _Reading, name: str, stage: object) -> StageResult:
    if not isinstance(stage, dict):
        raise wrong(FILE, f"stage `{name}` must be a mapping")
    if name in ("", ".", "..") or "/" in name:
        raise wrong(FILE, f"`{name}` cannot be the name of a stage")
    if "stage_name" not in stage:
        reading.notes.add("stage-name-missing", name)
    files = _files(reading, name, stage.get("files"))
    return StageResult(
        name=name,
        files={file: _file(reading.out, name, file) for file in files},
        own_map=_own_map(reading, name, stage),
        timestamp=_seconds(reading, name, stage.get("timestamp")),
    )


def _files(reading: _Reading, stage: str, files: object) -> list[str]:
    if isinstance(files, str) and files:
        reading.notes.add("files-not-a-list", f"{stage}: {files}")
        return [files]
    if not isinstance(files, list) or not files:
        raise wrong(FILE, f"stage `{stage}` lists no files")
    return [_word(file) for file in files]


def _file(out: Path, stage: str, file: str) -> Path:
    """A listed file: in the stage's own folder, or in `out/models`."""
    models = out / "models"
    try:
        return inside(models, f"{stage}/{file}", FILE)
    except ResultError:
        return inside(models, file, FILE)


def _own_map(reading: _Reading, name: str, stage: Mapping[str, Any]) -> float | None:
    """The first figure that can be one."""
    figures = [
        _figure(reading, f"{key} of {name}", stage[key]) for key in _MAP_NAMES if key in stage
    ]
    return next((figure for figure in figures if figure is not None), None)


def _figure(reading: _Reading, what: str, value: object) -> float | None:
    try:
        figure = float(_word(value))
    except ValueError:
        figure = math.nan
    if 0 <= figure <= 1:  # not true of NaN
        return figure
    reading.notes.add("figure-unusable", f"{what} is {_word(value)}")
    return None


def _seconds(reading: _Reading, stage: str, value: object) -> int:
    """A moment that an archive can note, too; else 0."""
    if value is None:
        reading.notes.add("timestamp-missing", stage)
        return 0
    try:
        seconds = int(float(_word(value)))
    except (ValueError, OverflowError):
        seconds = -1
    if 0 <= seconds < _TOO_LATE:
        return seconds
    reading.notes.add("timestamp-unusable", f"{stage}: {_word(value)}")
    return 0


def _attachments(reading: _Reading, sections: object) -> dict[str, Path]:
    """Files that go with the model, `<section>/<file>` -> where each lies."""
    if not isinstance(sections, dict):
        reading.notes.add("attachment-unusable", f"`attachments` is {_word(sections)}")
        return {}
    found: dict[str, Path] = {}
    for section, files in sections.items():
        for file in files if isinstance(files, list) else [files]:
            name = f"{_word(section)}/{_word(file)}"
            try:
                found[name] = inside(reading.out / "models" / "attachments", name, FILE)
            except ResultError as error:
                reading.notes.add("attachment-unusable", error)
    return found


def _word(value: object) -> str:
    """A value as text, short whatever it is: aliases of YAML can make a giant of a few lines."""
    return value if isinstance(value, str) else reprlib.repr(value)
