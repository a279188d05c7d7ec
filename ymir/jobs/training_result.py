"""What a training left behind: the stages in `out/models/result.yaml`, old form or new."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ymir.errors import ResultError
from ymir.jobs.outputs import inside, read_yaml, wrong
from ymir.jobs.remarks import Remark

FILE = "models/result.yaml"
OLD_STAGE = "default_best_stage"  # what the old form's only model is called
_MAP_NAMES = ("mAP", "map", "maskAP", "mIoU")
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
    result = read_yaml(out, FILE)
    stages = _old(out, result) if "model" in result else _new(out, result)
    best = OLD_STAGE if "model" in result else str(result.get("best_stage_name"))
    if best not in stages:
        raise wrong(FILE, f"`best_stage_name` is `{best}`, and the stages are {', '.join(stages)}")
    ordered = {best: stages[best], **stages}
    return TrainedModel(best, ordered, _attachments(out, result.get("attachments") or {}))


def _old(out: Path, result: Mapping[str, Any]) -> dict[str, StageResult]:
    """The form of YMIR 1.1: one model, its files flat in `out/models`."""
    if not any(name in result for name in _MAP_NAMES):
        raise wrong(FILE, "`map` is missing")
    return {OLD_STAGE: _stage(out, OLD_STAGE, {**result, "files": result["model"]})}


def _new(out: Path, result: Mapping[str, Any]) -> dict[str, StageResult]:
    """The form since YMIR 1.2: named stages, one of them the best."""
    stages = result.get("model_stages")
    if not isinstance(stages, dict) or not stages:
        raise wrong(FILE, "lists no model: neither `model_stages` nor `model` is there")
    for name, stage in stages.items():
        if not isinstance(stage, dict):
            raise wrong(FILE, f"stage `{name}` must be a mapping")
    return {str(name): _stage(out, str(name), stage) for name, stage in stages.items()}


def _stage(out: Path, name: str, stage: Mapping[str, Any]) -> StageResult:
    files = stage.get("files")
    if not isinstance(files, list) or not files:
        raise wrong(FILE, f"stage `{name}` lists no files")
    if name in (".", "..") or "/" in name:
        raise wrong(FILE, f"`{name}` cannot be the name of a stage")
    figures = {key: _figure(name, key, stage[key]) for key in _MAP_NAMES if key in stage}
    return StageResult(
        name=name,
        files={str(file): _file(out, name, str(file)) for file in files},
        own_map=next(iter(figures.values()), None),
        timestamp=_seconds(name, stage.get("timestamp") or 0),
    )


def _file(out: Path, stage: str, file: str) -> Path:
    """A listed file: in the stage's own folder, or in `out/models`."""
    models = out / "models"
    try:
        return inside(models, f"{stage}/{file}", FILE)
    except ResultError:
        return inside(models, file, FILE)


def _figure(stage: str, key: str, value: object) -> float:
    try:
        figure = float(str(value))
    except ValueError:
        figure = math.nan
    if not 0 <= figure <= 1:  # not true of NaN either
        raise wrong(
            FILE, f"`{key}` of stage `{stage}` is {value}, and must be a number from 0 to 1"
        )
    return figure


def _seconds(stage: str, value: object) -> int:
    """A moment that an archive can note, too."""
    try:
        seconds = int(float(str(value)))
    except (ValueError, OverflowError):
        seconds = -1
    if not 0 <= seconds < _TOO_LATE:
        raise wrong(FILE, f"`timestamp` of stage `{stage}` is {value}, not seconds since 1970")
    return seconds


def _attachments(out: Path, sections: object) -> dict[str, Path]:
    """Files that go with the model, `<section>/<file>` -> where each lies."""
    if not isinstance(sections, dict):
        raise wrong(FILE, "`attachments` must be a mapping of sections to files")
    names = [f"{section}/{file}" for section, files in sections.items() for file in files or ()]
    return {name: inside(out / "models" / "attachments", name, FILE) for name in names}
