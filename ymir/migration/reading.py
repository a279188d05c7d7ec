"""The datasets of a `mir` repository, as they are decoded; and what else its commits hold."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain

from ymir.errors import DataError
from ymir.migration.assets import is_asset
from ymir.migration.messages import Annotations, Asset, Box, Decoder
from ymir.migration.repository import Repository, Revision
from ymir.plugins import nearest

_IMAGES, _BOXES, _TASKS, _COUNTS = (
    f"{name}.mir" for name in ("metadatas", "annotations", "tasks", "context")
)

WITHOUT_IMAGES, NOT_ASKED = "datasets without images", "branches that were not asked for"


@dataclass(frozen=True)
class Dataset:
    """A version of a dataset, decoded but for its boxes."""

    revision: Revision
    assets: dict[str, Asset]
    annotations: Annotations


@dataclass(frozen=True)
class Reading:
    """A repository that is being read."""

    repository: Repository
    decoder: Decoder = field(default_factory=Decoder)
    not_kept: Counter[str] = field(default_factory=Counter)

    def chosen(self, only: Collection[str]) -> list[Revision]:
        """Of each dataset, or of some by name, the newest version that has images."""
        listed = self.repository.revisions()
        unknown = [name for name in only if name not in listed]
        if unknown:
            what = f"`{self.repository.folder}` has no dataset called `{unknown[0]}`"
            raise DataError(what, hint=nearest(unknown[0], listed))
        wanted = [versions for name, versions in listed.items() if not only or name in only]
        self.not_kept[NOT_ASKED] += len(listed) - len(wanted)
        return [each for versions in wanted if (each := self._newest(versions))]

    def dataset(self, revision: Revision) -> Dataset:
        """What a version holds, if that is what `mir` counted when it was made."""
        read, decoding = self.repository.read, self.repository.decoding
        with decoding(revision, _IMAGES):
            assets = self.decoder.assets(read(revision, _IMAGES))
        with decoding(revision, _BOXES):
            annotations = self.decoder.annotations(read(revision, _BOXES))
        odd = [each for each in _named(assets, annotations) if not is_asset(each)]
        if odd:
            where = f"`{revision.name}` in `{self.repository.folder}`"
            raise DataError(f"`{_IMAGES}` of {where} is broken: `{odd[0]!a}` names no image")
        return Dataset(revision, assets, annotations)

    def boxes(self, revision: Revision, data: memoryview | None) -> list[Box]:
        """The boxes of one image."""
        if data is None:
            return []
        with self.repository.decoding(revision, _BOXES):
            return self.decoder.boxes(data)

    def counted(self, revision: Revision) -> tuple[int, int, int] | None:
        """What `mir` itself counted of a version."""
        if _COUNTS not in self.repository.files(revision):
            return None
        with self.repository.decoding(revision, _COUNTS):
            return self.decoder.counted(self.repository.read(revision, _COUNTS))

    def _newest(self, versions: list[Revision]) -> Revision | None:
        """The version to keep; says what the others are."""
        newest, is_dataset = None, False
        for version in versions:
            files = self.repository.files(version)
            is_dataset = is_dataset or _IMAGES in files
            is_full = _IMAGES in files and bool(self.repository.read(version, _IMAGES))
            if is_full and not newest:
                newest = version
            elif is_full:
                self.not_kept["older versions"] += 1
            self._note(version, files)
        self.not_kept[WITHOUT_IMAGES] += is_dataset and not newest
        return newest

    def _note(self, version: Revision, files: frozenset[str]) -> None:
        """Count what a commit holds besides a dataset."""
        if _TASKS not in files:
            return
        with self.repository.decoding(version, _TASKS):
            task = self.decoder.task(self.repository.read(version, _TASKS))
        facts = {
            "failed tasks": task.has_failed,
            "models": bool(task.model),
            "evaluations": task.is_evaluated,
        }
        self.not_kept.update(what for what, is_so in facts.items() if is_so)


def _named(assets: dict[str, Asset], annotations: Annotations) -> Iterator[str]:
    """Everything that should be the name of an image."""
    truth, predictions = annotations.truth.images, annotations.predictions.images
    return chain(assets, truth, predictions, annotations.tags)
