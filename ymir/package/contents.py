"""What goes into a package, and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue

INFO = "ymir-info.yaml"
VERSION = "2.0.0"
DETECTION = 2
SECTION = "about"  # of the attachments
CARD = f"attachments/{SECTION}/README.md"
SUMS = f"attachments/{SECTION}/SHA256SUMS"


class Model(BaseModel):
    """`model/model.json` of a round: what was trained, and the files of its stage."""

    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())

    stage: str
    files: tuple[str, ...]
    class_names: tuple[str, ...]
    executor: str
    config: dict[str, JsonValue] = {}
    timestamp: int


@dataclass(frozen=True)
class DataUsed:
    """A dataset that the model was trained, watched or judged on."""

    role: str
    name: str
    version: int | None
    digest: str
    images: int | None


@dataclass(frozen=True)
class Contents:
    """A round, as it is packed."""

    project: str
    description: str
    number: int
    model: Path  # the round's `model` folder, `model.json` in it
    metrics: Path  # the round's `metrics.json`
    goal: str  # in words
    decision: str  # likewise
    datasets: tuple[DataUsed, ...]
    executor_digest: str
    ymir: str  # the version of ymir


@dataclass(frozen=True)
class PackagedStage:
    """A model in a package. `members` says where in the archive each of its files is."""

    name: str
    members: Mapping[str, str]
    map: float


@dataclass(frozen=True)
class Package:
    """A package that was read and found whole."""

    path: Path
    version: str
    executor: str
    class_names: tuple[str, ...]
    config: Mapping[str, JsonValue]
    stages: Mapping[str, PackagedStage]
    best_stage: str
    attachments: tuple[str, ...]
    threshold: float | None = None  # the score that its maker recommends
    checksums: Mapping[str, str] = field(default_factory=dict)  # member -> SHA-256

    @property
    def best(self) -> PackagedStage:
        """The model that its maker recommends."""
        return self.stages[self.best_stage]
