"""The fortieth round does what the tenth did: as many effects, as many files, as many handles."""

import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes import MemoryLedger
from tests.faults.effects import effect
from tests.long.rounds import endless, go_on
from ymir.dvc.project import prepare
from ymir.plan.snapshot import Version
from ymir.plan.stage import Stage
from ymir.stores.dvc import DvcStore

ROUNDS = 42
EARLY, LATE = range(8, 12), range(36, 40)


@dataclass
class Tally(MemoryLedger):
    """Counts what happens in each round, until its labels are recorded."""

    root: Path = Path()
    number: int = 1
    effects: Counter[int] = field(default_factory=Counter)
    files: dict[int, int] = field(default_factory=dict)
    handles: dict[int, int] = field(default_factory=dict)

    def recorded(self, stage: Stage, version: Version) -> None:
        if stage.kind == "label":
            self.files[self.number] = sum(each.is_file() for each in self.root.rglob("*"))
            self.handles[self.number] = len(list(Path("/proc/self/fd").iterdir()))
            self.number += 1


@pytest.fixture(scope="module")
def tally(tmp_path_factory: pytest.TempPathFactory) -> Tally:
    root = tmp_path_factory.mktemp("rounds")
    prepare(root, None)
    tally = Tally(root=root)
    is_over = False

    def hear(event: str, given: tuple) -> None:
        if not is_over and effect(event, given):
            tally.effects[tally.number] += 1

    sys.addaudithook(hear)
    left = go_on(root, ROUNDS, endless(), DvcStore(root), tally)
    is_over = True
    assert left.is_settled
    return tally


def test_a_late_round_has_the_effects_of_an_early_one(tally: Tally) -> None:
    early, late = ([tally.effects[n] for n in rounds] for rounds in (EARLY, LATE))
    assert max(late) <= max(early), (early, late)


def test_a_late_round_leaves_the_files_of_an_early_one(tally: Tally) -> None:
    grown = {n: tally.files[n] - tally.files[n - 1] for n in (*EARLY, *LATE)}
    assert max(grown[n] for n in LATE) <= max(grown[n] for n in EARLY), grown


def test_no_handle_stays_open(tally: Tally) -> None:
    assert tally.handles[LATE[-1]] <= tally.handles[EARLY[0]]
