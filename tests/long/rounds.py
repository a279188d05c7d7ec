"""Rounds of fakes without end: the planner, the loop and the store of versions are ymir's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.fakes import InstantBackend
from tests.plan.worlds import Pure, catalogue
from ymir.contracts.backend import Job
from ymir.media.store import MediaStore
from ymir.plan.plan import Plan
from ymir.plan.snapshot import Facts
from ymir.reconcile import Bench, Ledger, reconcile
from ymir.spec.catalogue import Catalogue
from ymir.stages.kind import Work
from ymir.stores.dvc import DvcStore


@dataclass
class Kind:
    """Makes what a pure world says of a stage, and a file that says it, too."""

    name: str
    world: Pure

    def jobs(self, work: Work) -> tuple[Job, ...]:
        """One for each training."""
        if self.name != "train":
            return ()
        return (Job(work.folder.name, ("run",), work.folder),)

    def make(self, work: Work, into: Path) -> Facts:
        """A file, and the facts."""
        (into / f"{self.name}.json").write_text(json.dumps(work.recipe.digest))
        self.world.versions = dict(work.store.observe())
        return self.world.facts(work.stage, work.recipe)


def specs(rounds: int) -> Catalogue:
    """One project that never reaches its goal."""
    return catalogue(goal={"map": 0.99, "rounds": rounds, "plateau": None})


def endless() -> Pure:
    """A world in which no round is better than the one before, and the pool has no end."""
    return Pure(scores=lambda number: 0.5, pool=1 << 30, gpu_seconds=1.0)


def go_on(root: Path, rounds: int, world: Pure, store: DvcStore, ledger: Ledger) -> Plan:
    """All rounds at once; stages make a small file, and jobs are done as soon as they begin."""
    return reconcile(
        Bench(
            catalogue=specs(rounds),
            workspace=root,
            store=store,
            media=MediaStore(root),
            backend=InstantBackend(),
            ledger=ledger,
            look=world.look,
            emit=lambda event: None,
            kind=lambda name: Kind(name, world),
        )
    )
