"""A workspace as comparisons read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ymir.contracts.store import Store
from ymir.plan.snapshot import Recipe, Snapshot
from ymir.plan.stage import RoundOf
from ymir.spec.catalogue import Catalogue
from ymir.spec.pins import dataset_of


@dataclass(frozen=True)
class Records:
    """Its specs, and what is recorded."""

    root: Path
    specs: Catalogue
    store: Store
    observed: Snapshot

    def judged(self, project: str) -> list[int]:
        """The rounds of a project that have scores, the oldest first."""
        places = (RoundOf.of(name) for name in self.observed if name.endswith("/judge"))
        return sorted(each.number for each in places if each and each.project == project)

    def versions(self, name: str) -> list[str]:
        """All versions of a dataset, or of a model by its stage's name; the oldest first."""
        found = (each for each in self.observed if each.startswith(f"{name}@v"))
        return sorted(found, key=lambda each: self.observed[each].number)

    def table(self, stage: str, file: str) -> Path | None:
        """Where a file of a stage lies; None where nothing of the stage is recorded."""
        return self.store.open(stage) / file if stage in self.observed else None


def consumed(recipe: Recipe, dataset: str) -> str | None:
    """The digest of a dataset that a recipe names; None where it was made without it."""
    if dataset in recipe.inputs:
        return recipe.inputs[dataset]
    digests = (digest for name, digest in recipe.content if name == dataset_of(dataset))
    return next(digests, None)
