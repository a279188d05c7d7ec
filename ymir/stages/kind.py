"""What a kind of stage does, and what it sees while it does it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ymir.contracts.backend import Job
from ymir.contracts.labeling import Waiting
from ymir.contracts.store import Store
from ymir.media.store import MediaStore
from ymir.plan.snapshot import Facts, Recipe
from ymir.plan.stage import Stage
from ymir.spec.catalogue import Catalogue
from ymir.spec.executor import ExecutorSpec


@dataclass(frozen=True)
class Work:
    """One stage about to be made.

    `folder` is private to the recipe, under `.ymir/`: a killed run finds it again as it left it.
    """

    stage: Stage
    recipe: Recipe
    catalogue: Catalogue
    store: Store
    media: MediaStore
    workspace: Path
    folder: Path
    is_contained: Callable[[ExecutorSpec], bool] = lambda executor: (
        False
    )  # whether its jobs see `/in` and `/out`
    tell: Callable[[float], None] = lambda share: None  # hears which share of the stage is done


@dataclass(frozen=True)
class Settled:
    """What is known of an artefact whose inputs were read only while it was made.

    `digests` are those inputs': they take the places that the recipe left open.
    """

    facts: Facts
    digests: Mapping[str, str]


@runtime_checkable
class StageKind(Protocol):
    """What a module in `ymir/stages/` defines."""

    def jobs(self, work: Work) -> Collection[Job]:
        """The executor's jobs that must end well first; each has its `in/` once it is iterated to.

        They may run at the same time, in any order. What is done of them by an earlier run is left
        out by a kind that takes each as it ends.
        """

    def make(self, work: Work, into: Path) -> Facts | Settled | Waiting:
        """Write the artefact's files into the empty folder `into`; say what is known of them."""


@runtime_checkable
class Taking(Protocol):
    """A kind of stage with many jobs: each is taken, and its files go, as soon as it ends."""

    def take(self, work: Work, job: Job) -> None:
        """Keep what a job made, below the stage's folder or where it is of use to others, too.

        A `ResultError` where it breaks the contract: then no more of the stage's jobs begin.
        """
