"""The observed state: which versions exist, and how each was made."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from pydantic import JsonValue

from ymir.plan.stage import Settings, Stage
from ymir.spec.pins import dataset_of

Facts = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a stage produces. Equal recipes make equal data."""

    kind: str
    settings: Settings
    inputs: Mapping[str, str]  # stage name or `source`, `executor` -> digest of what is consumed

    @property
    def content(self) -> frozenset[tuple[str, str]]:
        """What is consumed, with its digest; that a dataset was pinned does not matter here."""
        return frozenset((dataset_of(name), digest) for name, digest in self.inputs.items())

    @property
    def digest(self) -> str:
        """12 hex digits that stand for the recipe in the names of jobs and folders."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Version:
    """One thing that exists: its content, the recipe it came from, and what is known of it."""

    recipe: Recipe
    digest: str
    number: int = 1  # v1, v2, … of a dataset; the round's number for a stage of a round
    facts: Facts = field(default_factory=dict)  # counts, metrics, seconds: small, for people


# Stage name -> its newest version. A stage of a round is named `project/r3/train`.
Snapshot = Mapping[str, Version]


def recipe_for(stage: Stage, observed: Snapshot) -> Recipe:
    """The recipe `stage` would follow if it ran now."""
    inputs = {name: observed[name].digest for name in stage.inputs}
    return Recipe(stage.kind, stage.settings, {**inputs, **stage.digests})
