"""What a workspace's page is collected from, and where the things lie that it leads to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ymir.git import Touch
from ymir.plan.plan import Plan
from ymir.plan.snapshot import Snapshot, Version
from ymir.spec.catalogue import Catalogue

PAGE = "index.html"
REPORTS = "reports"
ANEW = ".ymir/reports"  # where `ymir report` draws pages anew
OWN = "site"  # the folder beside the page that holds what belongs to it

# What differs between two versions of a dataset, in words; empty where that cannot be seen here.
Compare = Callable[[str, Version, Version], tuple[str, ...]]
# How many images of a batch are answered: by tool and batch; None where nobody knows.
CountDone = Callable[[str, str], int | None]


@dataclass(frozen=True)
class WorkspaceRecord:
    """A workspace as its specs, its records and its commits say."""

    root: Path
    catalogue: Catalogue
    observed: Snapshot
    plan: Plan
    touched: Mapping[str, Touch] = field(default_factory=dict)  # `.dvc` file -> newest commit
    ymir: str = ""
    now: float = 0.0  # seconds since 1970

    def recorded(self, pointer: str) -> str | None:
        """When a record was committed; None where it is not."""
        found = self.touched.get(pointer)
        return found.date if found else None

    def commit(self, pointer: str) -> str | None:
        """The commit of a record."""
        found = self.touched.get(pointer)
        return found.commit if found else None


@dataclass(frozen=True)
class Placed:
    """What was laid beside the page, and so can be led to: links as the page has them."""

    galleries: Mapping[str, str] = field(default_factory=dict)  # `site@v2` -> link
    pictures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # dataset -> links
    packages: Mapping[str, str] = field(default_factory=dict)  # `helmet/r3`, `heads@v2` -> link
    pages: Mapping[str, str] = field(default_factory=dict)  # `helmet`, `helmet/r3` -> link


def link(target: Path, folder: Path) -> str:
    """How a page in `folder` leads to a file."""
    return quote(os.path.relpath(target, folder))


def dataset_pointer(name: str, number: int) -> str:
    """The file that records a version of a dataset."""
    return f"data/datasets/{name}/v{number}.dvc"


def model_pointer(name: str, number: int) -> str:
    """The file that records a version of an imported model."""
    return f"data/models/{name}/v{number}.dvc"


def round_pointer(project: str, number: int) -> str:
    """The file that records a round."""
    return f"data/rounds/{project}/{number}.dvc"
