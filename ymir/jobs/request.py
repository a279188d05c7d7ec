"""What can be asked of an executor: train, find objects, or rank images by usefulness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from ymir.errors import SpecError

if TYPE_CHECKING:
    import polars as pl  # kept out of the import: `check_parameters` must stay cheap

Parameters = Mapping[str, JsonValue]

# What ymir itself says in `config.yaml`.
RESERVED = (
    "class_names",
    "gpu_count",
    "gpu_id",
    "model_params_path",
    "object_type",
    "pretrained_model_params",
    "resume_from",
    "run_infer",
    "run_mining",
    "task_id",
)
EXPORT_FORMATS = ("ark:raw", "voc:raw")


@dataclass(frozen=True)
class Weights:
    """A trained model to start from or to run: the files of one stage, by the executor's names."""

    stage: str
    files: Mapping[str, Path]


@dataclass(frozen=True, eq=False)
class Training:
    """Train a detector of `class_names`; `media` says where each image's bytes lie."""

    task: str
    class_names: tuple[str, ...]
    training: pl.DataFrame
    validation: pl.DataFrame
    media: Mapping[str, Path]
    parameters: Parameters = field(default_factory=dict)
    start_from: Weights | None = None
    gpus: int = 0


@dataclass(frozen=True, eq=False)
class Inference:
    """Find objects in `images`; their own objects are never shown to the executor."""

    task: str
    class_names: tuple[str, ...]
    images: pl.DataFrame
    media: Mapping[str, Path]
    model: Weights
    parameters: Parameters = field(default_factory=dict)
    gpus: int = 0


@dataclass(frozen=True, eq=False)
class Mining:
    """Rank `images` by what labelling them would teach the model."""

    task: str
    class_names: tuple[str, ...]
    images: pl.DataFrame
    media: Mapping[str, Path]
    model: Weights
    parameters: Parameters = field(default_factory=dict)
    gpus: int = 0


Request = Training | Inference | Mining


def check_parameters(parameters: Parameters) -> None:
    """Refuse parameters of an executor that would contradict what ymir says itself."""
    taken = sorted(set(parameters) & set(RESERVED))
    if taken:
        raise SpecError(
            f"ymir sets these parameters of an executor itself: {', '.join(taken)}",
            hint="remove them from `with`",
        )
    wanted = parameters.get("export_format", EXPORT_FORMATS[0])
    if wanted not in EXPORT_FORMATS:
        raise SpecError(
            f"`export_format` is `{wanted}`, and ymir writes {' or '.join(EXPORT_FORMATS)}"
        )
