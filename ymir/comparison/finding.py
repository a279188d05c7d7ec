"""What a model finds in images: as it is recorded, as it was found before, or by running it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import polars as pl

from ymir.comparison.entrants import Entrant, package_of
from ymir.comparison.ground import ROLES, Ground, Role, content_of
from ymir.comparison.records import Records
from ymir.contracts.backend import Backend
from ymir.data.table import check
from ymir.dvc.files import write_whole
from ymir.jobs.program import Runner
from ymir.media.store import MediaStore
from ymir.media.tables import read_table, write_table
from ymir.prediction.detector import Detector, detector
from ymir.prediction.seen import BATCH, Seen

FOLDER = Path(".ymir") / "compare"
_REMARKS = "remarks.json"

Tell = Callable[[str, float], None]  # which model, and the share of its work that is done


class Executors(Protocol):
    """The executors of a workspace, ready to be run."""

    def digest(self, name: str) -> str:
        """What stands for the program of the executor called so."""

    def program(self, name: str) -> tuple[Runner, Backend]:
        """What makes jobs for it, and what runs them; an error where it cannot run here."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What a model found in every image; remarks are about how its executor answered."""

    images: pl.DataFrame
    role: Role | None = None  # the set of the round whose record this is
    remarks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Search:
    """Where to look, and with what."""

    ground: Ground
    truth: pl.DataFrame
    records: Records
    executors: Executors
    tell: Tell
    batch: int = BATCH  # images in one job


def findings(entrant: Entrant, search: Search) -> Findings:
    """What the model finds in the images of the ground."""
    role = _recorded_role(entrant, search)
    if entrant.place and role:
        folder = search.records.store.open(entrant.place.stage("predict"))
        return Findings(check(read_table(folder / "predictions" / f"{role}.parquet")), role)
    return _kept(entrant, search)


def _recorded_role(entrant: Entrant, search: Search) -> Role | None:
    """The set of the round that has the very content of the ground, if one has."""
    if entrant.place is None:
        return None
    place, records = entrant.place, search.records
    predicted = records.observed.get(place.stage("predict"))
    if predicted is None:
        return None
    for role in ROLES:
        if content_of(place, role, predicted.recipe, records) == search.ground.content:
            return role
    return None


def _kept(entrant: Entrant, search: Search) -> Findings:
    """What was found before and, of what is missing, what a run finds now, piece by piece."""
    folder = search.records.root / FOLDER / _key(entrant, search)
    pieces = list(search.truth.sort("image").iter_slices(search.batch))
    files = [folder / f"{number:04}.parquet" for number in range(1, len(pieces) + 1)]
    missing = [at for at, file in enumerate(files) if not file.is_file()]
    if missing:
        runner, backend = search.executors.program(entrant.executor)
        search.tell(entrant.name, 0.0)
        package = package_of(entrant, search.records)
        with detector(package, runner, backend) as ready:
            for done, at in enumerate(missing):
                tell = partial(_told, search.tell, entrant.name, done, len(missing))
                _run(ready, pieces[at], files[at], search.records, tell)
        search.tell(entrant.name, 1.0)
    parts = [check(read_table(file)) for file in files]
    return Findings(pl.concat(parts), remarks=_remarks(folder))


def _run(
    ready: Detector,
    piece: pl.DataFrame,
    file: Path,
    records: Records,
    tell: Callable[[float], None],
) -> None:
    """Find objects in some images, and keep them."""
    seen = list(_seen(piece, MediaStore(records.root).locate(piece["image"].to_list())))
    found, noticed = ready.find(seen, int(file.stem), tell)
    counts = Counter(_remarks(file.parent))
    counts.update({each.rule: each.count for each in noticed})
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file.parent / _REMARKS, json.dumps(counts))
    write_table(found, file)


def _seen(piece: pl.DataFrame, media: Mapping[str, Path]) -> Iterator[Seen]:
    rows = piece.drop("tags", "objects").iter_rows(named=True)
    return (Seen(media[row["image"]], row["file"], row) for row in rows)


def _told(tell: Tell, name: str, done: int, of: int, share: float) -> None:
    tell(name, (done + share) / of)


def _key(entrant: Entrant, search: Search) -> str:
    """Stands for all that decides what is found."""
    parts = {
        "weights": entrant.weights,
        "classes": entrant.classes,
        "executor": search.executors.digest(entrant.executor),
        "images": sorted(search.ground.content),
        "batch": search.batch,
    }
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _remarks(folder: Path) -> dict[str, int]:
    file = folder / _REMARKS
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}
