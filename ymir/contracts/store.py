"""What a store must do: say what exists, hand it out, take in what is new."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol, runtime_checkable

from ymir.plan.snapshot import Facts, Recipe, Snapshot, Version
from ymir.plan.stage import RoundOf, Stage
from ymir.plugins import Registry


@runtime_checkable
class Store(Protocol):
    """Versions of data, by stage name."""

    def observe(self) -> Snapshot:
        """What exists right now, by stage; of a dataset also each version, as `name@v2`.

        Reads records, never data.
        """

    def open(self, name: str) -> Path:
        """The folder that holds what stage `name` made, fetched if it is not at hand.

        Of a dataset, `name@v2` is one version, and `name` the newest. A stage of a round shares the
        folder of its round with the other stages.
        """

    def record(self, stage: Stage, recipe: Recipe, made: Path, facts: Facts) -> Version:
        """Store the files in the folder `made` as the new version of `stage`, all or nothing.

        Equal content with an equal recipe changes nothing. For a stage of a round, the files are
        added to the round's; what the stage made earlier and not now goes. Of a report, the file
        `metrics.json` becomes the project's figures. The files in `made` may turn read-only.
        """

    def forget(self, where: RoundOf, kinds: Collection[str]) -> None:
        """Take stages of these kinds out of a round, with their files; all or nothing.

        What is left is as it was. The round keeps at least one stage.
        """


@runtime_checkable
class StorePlugin(Protocol):
    """What a module in `ymir/stores/` defines."""

    def connect(self, workspace: Path) -> Store:
        """Open the store of a workspace."""


stores = Registry("stores", StorePlugin)
