"""A store that records nothing once somebody else may work on the same."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from ymir.contracts.store import Store
from ymir.plan.snapshot import Facts, Recipe, Snapshot, Version
from ymir.plan.stage import RoundOf, Stage


@dataclass(frozen=True)
class Fenced:
    """Another store; `assure` raises when nothing may be changed in it any more."""

    store: Store
    assure: Callable[[], None]

    def observe(self) -> Snapshot:
        """What exists right now."""
        return self.store.observe()

    def open(self, name: str) -> Path:
        """The folder that holds what stage `name` made."""
        return self.store.open(name)

    def record(self, stage: Stage, recipe: Recipe, made: Path, facts: Facts) -> Version:
        """Store a new version, if that is still ours to do."""
        self.assure()
        return self.store.record(stage, recipe, made, facts)

    def forget(self, where: RoundOf, kinds: Collection[str]) -> None:
        """Take stages out of a round, if that is still ours to do."""
        self.assure()
        self.store.forget(where, kinds)
