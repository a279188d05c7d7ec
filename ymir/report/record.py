"""What a report is collected from: the recorded rounds of a project, as they lie on disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl
from pydantic import JsonValue, TypeAdapter

from ymir.data.sparse import whole
from ymir.errors import StoreError
from ymir.media.store import MediaStore
from ymir.media.tables import read_table
from ymir.metrics.matches import MATCHES
from ymir.metrics.scores import Scores, round_metrics
from ymir.plan.decision import Decision
from ymir.plan.history import count
from ymir.plan.snapshot import Version
from ymir.spec.project import ProjectSpec

# Says where the bytes of images lie, by digest; what is not at hand is left out.
Locate = Callable[[Collection[str]], Mapping[str, Path]]


def at_hand(media: MediaStore) -> Locate:
    """Look for images in the store one by one: a page does without those that are not here."""

    def locate(images: Collection[str]) -> Mapping[str, Path]:
        found: dict[str, Path] = {}
        for image in images:
            with suppress(StoreError):
                found.update(media.locate([image]))
        return found

    return locate


_model: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True)
class RoundRecord:
    """One round that was judged: its folder, and the version of each stage in it by kind."""

    number: int
    folder: Path
    decision: Decision
    versions: Mapping[str, Version] = field(default_factory=dict)
    commit: str | None = None  # the specs' commit it was run from
    generation: int = 1  # `apply --restart` begins the next

    @cached_property
    def metrics(self) -> Mapping[str, Scores]:
        """The judge's scores, by dataset role; `testing` is always there."""
        return round_metrics.validate_json((self.folder / "metrics.json").read_bytes())

    @property
    def testing(self) -> Scores:
        """The scores that decide."""
        return self.metrics["testing"]

    @cached_property
    def model(self) -> Mapping[str, JsonValue]:
        """What `model.json` says of the model; empty where there is none."""
        path = self.folder / "model" / "model.json"
        return _model.validate_json(path.read_bytes()) if path.is_file() else {}

    @cached_property
    def matches(self) -> pl.DataFrame:
        """What became of each box of the testing set (see `MATCHES`); empty if nobody says."""
        found = self.table("matches")
        return MATCHES.to_frame() if found is None else found

    @property
    def believed(self) -> float:
        """The score from which its model is believed on images that it picks: validation's best."""
        return self.metrics.get("validation", self.testing).threshold

    @cached_property
    def guesses(self) -> pl.DataFrame | None:
        """What its model finds on the images of its batch; None where nobody asked it."""
        mined = self.table("mined")
        images = [] if mined is None else mined["image"].to_list()
        found = self.some("pool", images)
        return self.some("suggested", images) if found is None else found

    def table(self, name: str) -> pl.DataFrame | None:
        """One of the round's Parquet tables, or None where that stage has not run."""
        path = self.folder / f"{name}.parquet"
        return read_table(path) if path.is_file() else None

    def some(self, name: str, images: Collection[str]) -> pl.DataFrame | None:
        """These images of a table that may hold a million others; None where it is not there."""
        path = self.folder / f"{name}.parquet"
        if not images or not path.is_file():
            return None
        wanted = pl.col("image").is_in(pl.Series(images).implode())
        return whole(pl.scan_parquet(path).filter(wanted).collect(engine="streaming"))

    @property
    def labelled(self) -> int:
        """How many images people labelled in this round; pseudo-labels are not among them."""
        label = self.versions.get("label")
        is_counted = label is not None and "labelled" in label.facts
        return count(label, "labelled") if label and is_counted else self.rows("labelled")

    @property
    def trained_on(self) -> int:
        """How many images its model was trained on."""
        training = self.versions.get("training")
        is_counted = training is not None and "images" in training.facts
        return count(training, "images") if training and is_counted else self.rows("training")

    @property
    def by_model(self) -> int:
        """How many images have labels of a model, which nobody looked at, since this round."""
        label = self.versions.get("label")
        return count(label, "by_model") if label else 0

    def fact(self, kind: str, name: str) -> JsonValue:
        """What the record of a stage says of itself; None where it says nothing."""
        version = self.versions.get(kind)
        return version.facts.get(name) if version else None

    def rows(self, name: str) -> int:
        """How many rows a table has, without reading it; 0 where there is none."""
        path = self.folder / f"{name}.parquet"
        return pl.scan_parquet(path).select(pl.len()).collect().item() if path.is_file() else 0

    def boxes(self, name: str) -> int:
        """How many objects the images of a table have, without reading more than that."""
        path = self.folder / f"{name}.parquet"
        if not path.is_file():
            return 0
        counted = pl.scan_parquet(path).select(pl.col("objects").list.len().sum())
        return int(counted.collect(engine="streaming").item() or 0)


@dataclass(frozen=True)
class ProjectRecord:
    """A project and its judged rounds, oldest first."""

    spec: ProjectSpec
    rounds: tuple[RoundRecord, ...]
    testing: pl.DataFrame  # the frozen testing set
    datasets: Mapping[str, Version] = field(default_factory=dict)  # by name
    ymir: str = ""  # the version of ymir
    numbers: Mapping[tuple[str, str], int] = field(default_factory=dict)  # dataset, digest -> v
    control: ProjectRecord | None = None  # the same loop with random picks
    image: str | None = None  # the container image that the executor runs in

    def line(self, number: int) -> tuple[RoundRecord, ...]:
        """The rounds up to and including one, of its generation: those that lead to it."""
        generation = self.round(number).generation
        return tuple(each for each in self.until(number) if each.generation == generation)

    def round(self, number: int) -> RoundRecord:
        """The round with this number."""
        return next(each for each in self.rounds if each.number == number)

    def until(self, number: int) -> tuple[RoundRecord, ...]:
        """The rounds up to and including one."""
        return tuple(each for each in self.rounds if each.number <= number)

    def pseudo_before(self, number: int) -> int:
        """How many images a model alone had labelled before a round was trained."""
        return sum(each.by_model for each in self.until(number - 1))

    def labels_before(self, number: int) -> int:
        """How many images people had labelled in the loop before a round was trained."""
        return sum(each.labelled for each in self.until(number - 1))


@dataclass(frozen=True)
class Judged:
    """A model as the judge saw it on the testing set: what a gallery or a comparison needs."""

    name: str  # e.g. `round 4`
    round: int | None
    scores: Scores
    matches: pl.DataFrame  # what became of each box: `MATCHES` of `ymir/metrics/matches.py`
