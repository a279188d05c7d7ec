"""What can be asked of an executor: train, find objects, or rank images by usefulness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from pydantic import JsonValue

Parameters = Mapping[str, JsonValue]


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
    """Find objects in `images`, or rank them by what labelling them would teach, or both at once.

    The images' own objects are never shown to the executor.
    """

    task: str
    class_names: tuple[str, ...]
    images: pl.DataFrame
    media: Mapping[str, Path]
    model: Weights
    parameters: Parameters = field(default_factory=dict)
    gpus: int = 0
    is_finding: bool = True  # answered in `infer-result.json`
    is_ranking: bool = False  # answered in `result.tsv`


Request = Training | Inference
