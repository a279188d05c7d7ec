"""What can be asked of an executor: train, find objects, or rank images by usefulness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import JsonValue

Parameters = Mapping[str, JsonValue]
Protocol = Literal["1.1.0", "1.0.0", "absent"]  # versions of the contract; YMIR 1.1 named none


@dataclass(frozen=True)
class Weights:
    """A trained model to start from or to run: the files of one stage, by the executor's names."""

    stage: str
    files: Mapping[str, Path]


@dataclass(frozen=True, eq=False)
class Training:
    """Train a detector of `class_names`; `media` says where each image's bytes lie.

    `parameters` are the user's, `defaults` what the executor's own template says.
    """

    task: str
    class_names: tuple[str, ...]
    training: pl.DataFrame
    validation: pl.DataFrame
    media: Mapping[str, Path]
    parameters: Parameters = field(default_factory=dict)
    start_from: Weights | None = None
    gpus: int = 0
    protocol: Protocol = "1.1.0"
    defaults: Parameters = field(default_factory=dict)


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
    protocol: Protocol = "1.1.0"
    defaults: Parameters = field(default_factory=dict)


Request = Training | Inference


def fitted(request: Request, protocol: Protocol, templates: Mapping[str, Parameters]) -> Request:
    """The request in the executor's own protocol and with its own defaults.

    `templates` are what an executor says of its tasks: `training`, `mining`, `infer`. One that
    ranks images and does not say that it finds objects is asked for its ranking only.
    """
    found = [templates.get(task, {}) for task in _tasks(request)]
    defaults = {key: value for template in found for key, value in template.items()}
    spoken = replace(request, protocol=protocol, defaults=defaults)
    if isinstance(spoken, Inference) and spoken.is_ranking and templates:
        return replace(spoken, is_finding=spoken.is_finding and "infer" in templates)
    return spoken


def _tasks(request: Request) -> tuple[str, ...]:
    """The executor's tasks that a request needs; of two, the second's defaults win."""
    if isinstance(request, Training):
        return ("training",)
    return ("infer",) * request.is_finding + ("mining",) * request.is_ranking
