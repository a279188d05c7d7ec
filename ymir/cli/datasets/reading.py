"""Find a version by what people type, and what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ymir.contracts.store import Store, stores
from ymir.errors import DataError, SpecError
from ymir.git import Touch, is_repository, touched
from ymir.plan.snapshot import Snapshot, Version
from ymir.plugins import nearest

if TYPE_CHECKING:
    import polars as pl

TABLE = "images.parquet"
ACCOUNT = "import.json"


@dataclass(frozen=True)
class Recorded:
    """A version of a dataset that exists."""

    dataset: str
    version: Version

    @property
    def name(self) -> str:
        """`site@v2`."""
        return f"{self.dataset}@v{self.version.number}"

    @property
    def pointer(self) -> str:
        """The file that records it, seen from the workspace."""
        return f"data/datasets/{self.dataset}/v{self.version.number}.dvc"


@dataclass(frozen=True)
class Shelf:
    """The datasets of a workspace, as far as records say."""

    root: Path
    store: Store
    observed: Snapshot

    @property
    def names(self) -> list[str]:
        """The datasets that exist."""
        return [name for name in self.observed if not {"/", "@", ":"} & set(name)]

    def versions(self, dataset: str) -> list[Recorded]:
        """All versions of a dataset, the oldest first."""
        self.find(dataset)
        found = (
            Recorded(dataset, version)
            for name, version in self.observed.items()
            if name.startswith(f"{dataset}@v")
        )
        return sorted(found, key=lambda each: each.version.number)

    def find(self, text: str) -> Recorded:
        """The version that `site` (the newest) or `site@v2` means."""
        dataset, _, number = text.partition("@")
        if not self.names:
            raise SpecError(
                f"no dataset is recorded in `{self.root}`",
                hint="`ymir apply` makes those that the specs ask for",
            )
        if dataset not in self.names:
            hint = f"{nearest(dataset, self.names)}; `ymir dataset ls` lists all"
            raise SpecError(f"no dataset called `{dataset}` is recorded", hint=hint)
        key = f"{dataset}@v{number.removeprefix('v')}" if number else dataset
        if key not in self.observed:
            known = sorted(
                version.number
                for name, version in self.observed.items()
                if name.startswith(f"{dataset}@v")
            )
            listed = ", ".join(f"v{each}" for each in known)
            raise SpecError(f"`{dataset}` has no version `{number}`", hint=f"it has: {listed}")
        return Recorded(dataset, self.observed[key])

    def table(self, recorded: Recorded) -> pl.DataFrame:
        """Its images with their boxes; fetched if they are not at hand."""
        from ymir.data.table import check  # Polars takes its time to load
        from ymir.media.tables import read_table

        return check(read_table(self.folder(recorded) / TABLE))

    def folder(self, recorded: Recorded) -> Path:
        """Where its files lie; fetched if they are not at hand."""
        return self.store.open(recorded.name)

    def commits(self) -> Mapping[str, Touch]:
        """File that records a version -> the newest commit that changed it."""
        if not is_repository(self.root):
            return {}
        return touched(self.root, "data/datasets/*/v*.dvc")


def shelf(workspace: Path) -> Shelf:
    """Open the store of a workspace; the specs are not read."""
    root = workspace.resolve()
    if not root.is_dir():
        raise DataError(f"there is no folder `{workspace}`", hint="name a workspace with `-C`")
    store = stores.load("dvc").connect(root)
    return Shelf(root, store, store.observe())
