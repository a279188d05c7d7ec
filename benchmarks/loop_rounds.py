"""Rounds without end, as a process of its own: `loop_rounds.py ROUNDS FOLDER` prints JSON lines.

The planner, the loop and the store of versions are ymir's; stages make a small file, and jobs are
done at once. A line for each round says what it left: sizes and counts, and what a plan takes.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # for what tests share

from tests.fakes import MemoryLedger
from tests.long.rounds import endless, go_on, specs
from tests.plan.worlds import Pure
from ymir.dvc.project import prepare
from ymir.plan.plan import plan
from ymir.plan.snapshot import Version
from ymir.plan.stage import Stage
from ymir.stores.dvc import DvcStore


@dataclass
class Sampler:
    """Notes how things stand whenever a round's report is recorded."""

    root: Path
    world: Pure
    rounds: int
    store: DvcStore
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    _number: int = 0

    def recorded(self, stage: Stage, version: Version) -> None:
        """The ledger's."""
        if stage.kind == "label":
            self._number += 1
            print(json.dumps(self._sample()), flush=True)

    def failed(self, recipe_digest: str, why: str) -> None:
        """The ledger's."""
        self.ledger.failed(recipe_digest, why)

    def kept(self, stage: Stage, share: float | None) -> None:
        """The ledger's."""

    def let_go(self) -> None:
        """The ledger's."""

    def _sample(self) -> dict[str, float]:
        project = self.root / "data" / "rounds" / "p"
        since = time.process_time()
        plan(specs(self.rounds), self.store.observe(), self.world.look())
        return {
            "round": self._number,
            "plan": 1000 * (time.process_time() - since),
            "memory": resident(),
            "handles": len(list(Path("/proc/self/fd").iterdir())),
            "pointer": (project / f"{self._number}.dvc").stat().st_size / 1000,
            "report pointer": (self.root / "reports" / "p" / "html.dvc").stat().st_size / 1000,
            "job folders": len(list((self.root / ".ymir" / "jobs").iterdir())),
            "files": sum(1 for _ in _files(self.root)),
        }


def resident() -> float:
    """MB of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _files(root: Path) -> Iterator[str]:
    for _, _, names in os.walk(root):
        yield from names


def main() -> None:
    """Run them all."""
    rounds, root = int(sys.argv[1]), Path(sys.argv[2])
    prepare(root, None)
    world = endless()
    store = DvcStore(root)
    sampler = Sampler(root, world, rounds, store)
    go_on(root, rounds, world, store, sampler)


if __name__ == "__main__":
    main()
