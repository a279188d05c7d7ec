"""How useful each image of a pool would be: a pass over it that holds figures, and no objects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl
from pydantic import JsonValue

from ymir.contracts.mining import Aim, Ingredient, Strategy, strategies
from ymir.errors import ResultError
from ymir.jobs.known import Shelf
from ymir.media.features import DIMENSIONS, features
from ymir.picking.blend import blended
from ymir.plan.history import number_in, reals
from ymir.plan.mining import BLEND
from ymir.spec.mine import OWN_MINING, Mine
from ymir.stages.archive import Archive
from ymir.stages.kind import Work
from ymir.stages.looking import Model, answers, found, model_of
from ymir.stages.pool import labelled, pieces
from ymir.stages.tables import parameters, text_setting

# One row per image that may be picked. `own` is the executor's score; `sure` that of its surest
# object, 0 without any, null where it was not asked for objects; `note` what joins the reason.
SCORED = pl.Schema(
    {
        "image": pl.String(),
        "score": pl.Float64(),
        "own": pl.Float64(),
        "sure": pl.Float64(),
        "note": pl.String(),
    }
)

_FEATURE = pl.Array(pl.Float32, DIMENSIONS)
_COLUMNS: Mapping[Ingredient, str] = {"predictions": "objects", "features": "feature"}
_TERMS = ("control", "empty", "near", "groups", BLEND, "chunk")


@dataclass(frozen=True, eq=False)
class Mining:
    """How a stage mines: its recipe's terms, its strategy, and the model where one is asked."""

    work: Work
    terms: Mine
    strategy: Strategy | None  # None: the executor's own order
    model: Model | None

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns that the strategy orders its candidates by."""
        by = self.strategy.ORDERS_BY if self.strategy else ()
        return tuple(_COLUMNS[each] for each in by)

    @cached_property
    def aim(self) -> Aim:
        """What the strategy is told besides the images."""
        settings = self.work.stage.settings
        needs = (*self.strategy.NEEDS, *self.strategy.ORDERS_BY) if self.strategy else ()
        is_spread = "features" in needs
        return Aim(
            topk=number_in(settings, "topk"),
            seed=number_in(settings, "seed"),
            settings=parameters(self.work),
            shortfall=reals(settings.get("shortfall")),
            known=features(self.work.media, labelled(self.work)) if is_spread else None,
            labelled=_boxes(self.work),
        )

    @cached_property
    def shelf(self) -> Shelf:
        """What is known of what the model says."""
        return self.model.known.shelf() if self.model else Shelf(())

    def given(self, images: pl.DataFrame, wanted: Collection[Ingredient]) -> pl.DataFrame:
        """The images with what a strategy asks for, and nothing of what people know of them."""
        rows = found(self.shelf, images) if "predictions" in wanted else images
        if "features" in wanted:
            vectors = features(self.work.media, rows)
            rows = rows.with_columns(feature=pl.Series(vectors, dtype=_FEATURE))
        return rows


def _boxes(work: Work) -> dict[str, int]:
    """How many boxes of each class the model was trained on."""
    observed = work.store.observe()
    sets = [name for name in work.stage.inputs if name.endswith("/training")]
    facts = [observed[name].facts for name in sets if name in observed]
    return {
        label: int(count) for each in facts for label, count in reals(each.get("per_class")).items()
    }


def mining_of(work: Work) -> Mining:
    """How this stage mines."""
    terms, use = terms_of(work), text_setting(work, "use")
    strategy = None if use == OWN_MINING else strategies.load(use)
    needs = (*strategy.NEEDS, *strategy.ORDERS_BY) if strategy else ()
    is_ranking = strategy is None or terms.executor is not None
    given = parameters(work)
    told = given if strategy is None else terms.executor.with_ if terms.executor else {}
    is_asked = is_ranking or bool(terms.empty) or "predictions" in needs
    train = work.stage.inputs[0]
    return Mining(
        work=work,
        terms=terms,
        strategy=strategy,
        model=model_of(work, train, told, is_ranking=is_ranking) if is_asked else None,
    )


def terms_of(work: Work) -> Mine:
    """What the recipe says of limits and shares; what it does not say is as it always was."""
    said: dict[str, JsonValue] = {
        name: work.stage.settings[name] for name in _TERMS if name in work.stage.settings
    }
    if BLEND in said:
        said["executor"] = said.pop(BLEND)
    return Mine.model_validate({"topk": 1, **said})


def scored(mining: Mining, pool: pl.DataFrame, archive: Archive) -> pl.DataFrame:
    """Every image of the pool that may be picked, the most useful first, of equals by image.

    What the model found goes to the archive. An image without an answer is an error; one that the
    executor did not rank cannot be picked.
    """
    count = 0
    parts = [SCORED.to_frame()]
    for piece in pieces(mining.work, pool):
        count += piece.height
        parts.append(_scored(mining, piece, archive))
    if count != pool.height:
        raise ResultError(
            f"of {pool.height} images, {count} were scored",
            hint="the pool changed meanwhile: run `ymir apply --retry`",
        )
    figures = pl.concat(parts)
    blend = mining.terms.executor
    if mining.strategy and blend:
        ranked = figures.filter(pl.col("own").is_not_null()).select("image", score="own")
        both = figures.select("image", "score", why=pl.lit(""))
        joined = blended(both, ranked, weight=blend.weight).rename({"why": "note"})
        figures = figures.drop("score", "note").join(joined, on="image")
    return figures.sort("score", "image", descending=[True, False])


def _asked(mining: Mining, piece: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Columns `own` and `sure` of some images; and these with what the model found in them."""
    none = pl.lit(None, pl.Float64)
    if mining.model is None:
        return piece.select("image", own=none, sure=none), None
    said = answers(mining.shelf, piece)
    if said["objects"].null_count():  # it only ranked them
        return said.select("image", own="score", sure=none), None
    seen = piece.drop("objects").join(said, on="image", how="left", maintain_order="left")
    best = pl.col("objects").list.eval(pl.element().struct.field("score")).list.max()
    sure = best.fill_null(0).cast(pl.Float64)
    return said.select("image", own="score", sure=sure), seen.select(piece.columns)


def _scored(mining: Mining, piece: pl.DataFrame, archive: Archive) -> pl.DataFrame:
    figures, seen = _asked(mining, piece)
    if seen is not None:
        archive.add(seen)
    if mining.strategy is None:
        rows = figures.with_columns(score="own").drop_nulls("own")  # others have no place in it
    else:
        scores = mining.strategy.score(_given(mining, piece, seen), mining.aim)
        if scores.height != piece.height:
            raise ResultError(
                f"of {piece.height} images, the strategy scored {scores.height}",
                hint="a strategy gives each image of the pool one finite score",
            )
        rows = figures.join(scores.select("image", "score"), on="image", how="left")
    return rows.with_columns(note=pl.lit("")).select(SCORED.names()).cast(SCORED)


def _given(mining: Mining, piece: pl.DataFrame, seen: pl.DataFrame | None) -> pl.DataFrame:
    """What the strategy scores, without looking for the same answers twice."""
    needs = mining.strategy.NEEDS if mining.strategy else ()
    if seen is None or "predictions" not in needs:
        return mining.given(piece, needs)
    return mining.given(seen, [each for each in needs if each != "predictions"])
