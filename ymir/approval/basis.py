"""What a plan is made from: equal bases make equal plans."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ymir.approval.saved import Approval, digest_of
from ymir.plan.models import MARK
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.world import UNREAD, World
from ymir.spec.catalogue import Catalogue
from ymir.spec.files import read_files

_SOURCE = "source"  # the name of an import's files in its recipe


@dataclass(frozen=True)
class Basis:
    """All that decides what a plan says, apart from the time and what this machine remembers."""

    ymir: str
    lineages: tuple[str, ...]
    specs: Mapping[str, str]
    data: Mapping[str, str]
    sources: Mapping[str, str]
    executors: Mapping[str, str]
    evaluator: str
    restart: Mapping[str, int]
    imported: Mapping[str, str]  # dataset -> the digest of the files that it was imported from

    @property
    def state(self) -> str:
        """What stands for all the data."""
        return digest_of(dict(self.data))

    def approving(
        self, plan: Mapping[str, object], allow: list[str], made: str, commit: str | None
    ) -> Approval:
        """The plan made from this, to be saved."""
        return Approval.model_validate(
            {
                "ymir": self.ymir,
                "made": made,
                "lineage": self.lineages[0],
                "commit": commit,
                "specs": dict(self.specs),
                "data": dict(self.data),
                "sources": dict(self.sources),
                "executors": dict(self.executors),
                "evaluator": self.evaluator,
                "restart": dict(self.restart),
                "allow": allow,
                "plan": dict(plan),
            }
        )


def basis(
    ymir: str,
    lineages: tuple[str, ...],
    specs: Mapping[str, str],
    observed: Snapshot,
    world: World,
) -> Basis:
    """What a plan is made from now."""
    imported = dict(_imported(observed))
    return Basis(
        ymir=ymir,
        lineages=lineages,
        specs=specs,
        data=standing(observed),
        sources=dict(_sources(imported, world)),
        executors=world.executors,
        evaluator=world.evaluator,
        restart=world.generations,
        imported=imported,
    )


def standing(observed: Snapshot) -> dict[str, str]:
    """Stage -> one digest for what its newest version is, how it was made, and what is noted."""
    return {name: _digest(version) for name, version in sorted(observed.items())}


def _digest(version: Version) -> str:
    return digest_of({**asdict(version), "facts": dict(version.facts)})


def _imported(observed: Snapshot) -> Iterator[tuple[str, str]]:
    for name, version in observed.items():
        if _SOURCE in version.recipe.inputs and "@" not in name:
            yield name, version.recipe.inputs[_SOURCE]


def _sources(imported: Mapping[str, str], world: World) -> Iterator[tuple[str, str]]:
    """What planning goes by: an import whose files are not looked at stays as it is recorded."""
    for name, listed in world.relabel.items():
        yield f"relabel:{name}", listed.digest
    for name in sorted({*imported, *world.sources}):
        seen = world.sources.get(name)
        is_known = seen is not None and seen != UNREAD
        yield name, str(seen if is_known else imported.get(name, UNREAD))


def spec_digests(workspace: Path, catalogue: Catalogue | None = None) -> dict[str, str]:
    """Spec file, or file that a spec names -> the sha256 of its content."""
    named = _named(catalogue) if catalogue else ()
    files = sorted({*read_files(workspace), *named})
    return {name: _sha256(workspace / name) for name in files}


def _named(catalogue: Catalogue) -> Iterator[str]:
    """Files with lists of images and instructions for people."""
    for project in catalogue.projects.values():
        yield from project.relabel.images or ()
        if project.label.instructions:
            yield project.label.instructions


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def says_what(source: str) -> str:
    """A source, in words."""
    if source.startswith(MARK):
        return f"the package of model `{source.removeprefix(MARK)}`"
    if source.startswith("relabel:"):
        return f"the images that `{source.removeprefix('relabel:')}` wants labelled again"
    return f"the files of dataset `{source}`"
