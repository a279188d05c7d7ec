"""How a strategy picks in a simulation: as in a round of the project, with everything at hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from ymir.contracts.mining import Aim, Strategy, strategies
from ymir.data.table import SCHEMA, tag_of
from ymir.errors import SpecError
from ymir.media.features import DIMENSIONS, features
from ymir.media.phash import phashes
from ymir.media.store import MediaStore
from ymir.picking.batch import Candidates, Rules, pick
from ymir.picking.folding import unlike
from ymir.picking.order import by_score
from ymir.plan.mining import shortfall
from ymir.simulation.curves import Point
from ymir.simulation.design import LIMITED, RANDOM
from ymir.simulation.ground import Ground
from ymir.spec.mine import OWN_MINING, Mine
from ymir.spec.project import Goal

_CANDIDATES = 20  # times the batch: so many of the best are put in order
_SEEN = 0.5  # a score from which an object is believed to be there
_NOTHING = pl.lit([], dtype=SCHEMA["objects"])
_FEATURE = pl.Array(pl.Float32, DIMENSIONS)


class Found(Protocol):
    """What the newest model found, and what it is worth."""

    @property
    def found(self) -> pl.DataFrame:
        """The images that it looked at, with predictions."""

    @property
    def point(self) -> Point:
        """Its scores."""


@dataclass(frozen=True, eq=False)
class Traits:
    """What is known of the images besides their labels; computed when first asked for."""

    ground: Ground
    media: MediaStore

    def of(self, images: Collection[str], by: Sequence[str]) -> pl.DataFrame:
        """`image`, `phash`, and `group`, the values of the tags in `by`; in no certain order."""
        rows = self.ground.of(images)
        groups = [tag_of(rows, key).alias(key) for key in by]
        known = rows.select("image").with_columns(groups)
        group = pl.concat_str(by, separator=" / ") if by else pl.lit(None, pl.String)
        return known.select("image", group=group).join(self._hashes, on="image")

    def features(self, images: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row for each of the images."""
        place, vectors = self._features
        return vectors[[place[image] for image in images]]

    @cached_property
    def _hashes(self) -> pl.DataFrame:
        hashes = phashes(self.media, self.ground.labelled)
        return self.ground.labelled.select("image", phash=hashes)

    @cached_property
    def _features(self) -> tuple[Mapping[str, int], npt.NDArray[np.float32]]:
        images = self.ground.labelled.select("image")
        return dict(zip(images["image"], range(images.height), strict=True)), features(
            self.media, images
        )


@dataclass(frozen=True, eq=False)
class Chooser:
    """A strategy with its settings and limits, for one start. Scores of executors have no say."""

    strategy: Strategy
    mine: Mine
    traits: Traits
    goal: Goal
    seed: int

    @property
    def needs_predictions(self) -> bool:
        """Whether the model has to look at the images without labels."""
        return bool(self.mine.empty) or "predictions" in (
            *self.strategy.NEEDS,
            *self.strategy.ORDERS_BY,
        )

    def pick(self, rest: Sequence[str], labelled: Collection[str], seen: Found) -> tuple[str, ...]:
        """The images that people would label next; fewer, where the limits leave no more."""
        aim = self._aim(sorted(labelled), seen.point)
        pool = self._with(self.strategy.NEEDS, self.traits.ground.of(rest), seen)
        scored = by_score(self.strategy.score(pool, aim), aim)
        limits = self.traits.of([*rest, *labelled], self._by)
        rows = scored.join(limits, on="image", how="left", maintain_order="left")
        is_known = pl.col("image").is_in(list(labelled))
        known = limits.filter(is_known)["phash"].drop_nulls().to_numpy()
        if self.mine.near is not None:
            rows = rows.filter(unlike(rows["phash"], distance=self.mine.near, against=known))
        rules = Rules(self.mine.topk, self.mine.near, self._most, empty=self.mine.empty)
        empties = self._empties(seen, limits) if self.mine.empty else None
        count = _CANDIDATES * self.mine.topk
        while True:
            best = self._ordered(rows.head(count), aim, seen)
            batch = pick(Candidates(best, empties=empties, labelled=known), rules)
            if not batch.short or count >= rows.height:
                return tuple(batch.images["image"])
            count *= 2

    @property
    def _by(self) -> tuple[str, ...]:
        return self.mine.groups.by if self.mine.groups else ()

    @property
    def _most(self) -> int | None:
        return self.mine.groups.most if self.mine.groups else None

    def _aim(self, labelled: Sequence[str], point: Point) -> Aim:
        needs = {*self.strategy.NEEDS, *self.strategy.ORDERS_BY}
        return Aim(
            topk=self.mine.topk,
            seed=self.seed,
            settings=self.mine.with_,
            shortfall=shortfall(self.goal, point.per_class),
            known=self.traits.features(labelled) if "features" in needs else None,
            labelled=self.traits.ground.boxes(labelled),
        )

    def _ordered(self, rows: pl.DataFrame, aim: Aim, seen: Found) -> pl.DataFrame:
        limits = rows.select("image", "phash", "group")
        given = self._with(self.strategy.ORDERS_BY, rows.drop("phash", "group"), seen)
        ordered = self.strategy.order(given, aim)
        return ordered.join(limits, on="image", how="left", maintain_order="left")

    def _with(self, wanted: Collection[str], rows: pl.DataFrame, seen: Found) -> pl.DataFrame:
        """The rows with what a strategy asks for, and without what it may not see."""
        bare = rows.drop("objects", strict=False)
        if "predictions" in wanted:
            found = seen.found.select("image", "objects")
            bare = bare.join(found, on="image", how="left", maintain_order="left")
        elif "objects" in rows.columns:
            bare = bare.with_columns(objects=_NOTHING)
        if "features" in wanted:
            vectors = self.traits.features(bare["image"].to_list())
            bare = bare.with_columns(feature=pl.Series(vectors, dtype=_FEATURE))
        return bare

    def _empties(self, seen: Found, limits: pl.DataFrame) -> pl.DataFrame:
        """The images in which the model finds nothing to speak of, the surest first."""
        best = pl.col("objects").list.eval(pl.element().struct.field("score")).list.max()
        found = seen.found.select("image", score=-best.fill_null(0))
        why = pl.lit("nothing found")
        rows = found.filter(pl.col("score") > -_SEEN).with_columns(why=why)
        return rows.sort("score", "image", descending=[True, False]).join(
            limits, on="image", how="left", maintain_order="left"
        )


def chooser(name: str, traits: Traits, topk: int, seed: int) -> Chooser:
    """The strategy called so, with the project's limits; with its settings if it is its own."""
    mine = traits.ground.project.mine
    use = RANDOM if name == LIMITED else name
    with_ = mine.with_ if use == mine.use else {}
    limits: dict[str, object] = {"use": use, "topk": topk, "with_": with_, "control": 0.0}
    if name == RANDOM:
        limits |= {"near": None, "groups": None, "empty": 0.0}
    return Chooser(
        strategies.load(use),
        mine.model_copy(update=limits),
        traits,
        traits.ground.project.goal,
        seed,
    )


def refuse_unknown(names: Collection[str]) -> None:
    """An error where one of these cannot be simulated."""
    for name in names:
        if name == OWN_MINING:
            raise SpecError(
                "an executor's own mining is not simulated",
                hint="compare the strategies that ymir has: `--strategies`",
            )
        if name != LIMITED:
            strategies.load(name)
