"""Checkpoints as DVC objects: a pointer per unfinished stage, in git until the stage is recorded.

data/checkpoints/<stage>-<recipe>.dvc    which files; `meta` says of which stage, and how far it is
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from ymir.dvc import away, folders, pointer
from ymir.dvc.files import storing
from ymir.dvc.pointer import Pointer
from ymir.dvc.project import cache_of
from ymir.travel import luggage

FOLDER = "data/checkpoints"


@dataclass(frozen=True)
class Packed:
    """What of an unfinished stage is stored: `share` of its work is done, if it said so."""

    share: float | None
    is_new: bool  # it was not stored before


@dataclass(frozen=True)
class Arrival:
    """Work of another machine, which is gone on with here; or `why` it cannot be."""

    share: float | None
    why: str | None = None


@dataclass(frozen=True)
class Checkpoints:
    """Those of a workspace. A stage's folder of jobs has the name that its pointer has."""

    workspace: Path

    def pack(self, stage: str, folder: Path) -> Packed | None:
        """Store what the stage's jobs left in `folder`; None where that is nothing."""
        files = luggage.contents(folder)
        if not files:
            return None
        path, share = self._pointer(folder.name), luggage.share(folder)
        before = pointer.read(path) if path.exists() else None
        if share is None and before is not None:  # it went on, and had nothing to say yet
            share = _share(before)
        noted: dict[str, JsonValue] = {"stage": stage}
        if share is not None:
            noted["share"] = round(share, 4)
        with storing(f"the checkpoint of `{stage}` cannot be stored"):
            entries = folders.store_copies(self._cache, files)
            now = folders.track(self._cache, path, entries, {"ymir": noted})
            luggage.note_arrival(folder, now.digest)
        return Packed(share, is_new=before is None or now.digest != before.digest)

    def unpack(self, folder: Path, jobs: Collection[Path]) -> Arrival | None:
        """Put what another machine stored where these jobs of the stage look; None: nothing came.

        What this machine reached by itself stays if it is further.
        """
        path = self._pointer(folder.name)
        if not path.exists():
            return None
        pointed = pointer.read(path)
        share = _share(pointed)
        here = luggage.share(folder)
        is_further = share is not None and here is not None and here >= share
        if is_further or luggage.has_arrived(folder, pointed.digest):
            return None
        if why := self._fetch(pointed.digest):
            return Arrival(share, why)
        with storing(f"the checkpoint in `{path}` cannot be laid out"):
            entries = folders.entries_of(self._cache, pointed.digest)
            folders.lay_out(self._cache, entries, path.with_suffix(""))
            luggage.put(jobs, folder, path.with_suffix(""), entries)
            luggage.note_arrival(folder, pointed.digest)
        return Arrival(share)

    def drop(self, stage: str) -> None:
        """Let go of a stage's checkpoints, whatever its recipe was: it is recorded."""
        for path, of_stage in self._all():
            if of_stage == stage:
                self._remove(path)

    def sweep(self, wanted: Mapping[str, str | None]) -> bool:
        """Let go of what nothing waits for any more; whether anything went.

        `wanted` names the stages that are not made yet, and their folder if that is decided.
        """
        unwanted = [
            path
            for path, stage in self._all()
            if stage not in wanted or wanted[stage] not in (None, path.stem)
        ]
        for path in unwanted:
            self._remove(path)
        return bool(unwanted)

    def _fetch(self, digest: str) -> str | None:
        """Bring the objects here; why that cannot be done. An unreachable remote is an error."""
        absent = folders.missing(self._cache, digest)
        if not absent:
            return None
        if not away.has_remote(self.workspace, ""):
            return "this workspace has no remote to fetch it from"
        if away.not_on_remote(self.workspace, "", absent, is_asking=True):
            return "the remote does not have it"
        from ymir.dvc import remote  # importing DVC takes half a second

        remote.fetch_objects(self.workspace, absent, project="")
        return None

    def _all(self) -> Iterator[tuple[Path, str]]:
        """Each pointer, and the stage that it is of."""
        for path in sorted((self.workspace / FOLDER).glob("*.dvc")):
            yield path, str(_noted(pointer.read(path)).get("stage", ""))

    def _remove(self, path: Path) -> None:
        """The pointer goes first: without it, the folder is litter that `ymir gc` knows."""
        with storing(f"`{path}` cannot be removed"):
            path.unlink()
            shutil.rmtree(path.with_suffix(""), ignore_errors=True)

    def _pointer(self, name: str) -> Path:
        return self.workspace / FOLDER / f"{name}.dvc"

    @property
    def _cache(self) -> Path:
        return cache_of(self.workspace)


def _noted(pointed: Pointer) -> Mapping[str, object]:
    noted = pointed.meta.get("ymir")
    return noted if isinstance(noted, dict) else {}


def _share(pointed: Pointer) -> float | None:
    share = _noted(pointed).get("share")
    return float(share) if isinstance(share, int | float) and 0 <= share <= 1 else None
