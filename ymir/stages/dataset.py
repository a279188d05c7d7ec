"""Make a dataset: import or merge, then refine."""

import json
from collections.abc import Mapping
from functools import partial, reduce
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ymir.contracts.backend import Job
from ymir.data.intake import Intake
from ymir.data.ops.exclude import exclude
from ymir.data.ops.filter import drop_unlabelled, exclude_labels, filter_labels, filter_tags
from ymir.data.ops.merge import merge
from ymir.data.ops.sample import sample
from ymir.data.table import check, counts
from ymir.media.imports import import_source
from ymir.media.tables import read_table, write_table
from ymir.plan.snapshot import Facts
from ymir.spec.dataset import Exclude, Filter, Op, Sample, Source
from ymir.stages.kind import Work

TABLE = "images.parquet"
ACCOUNT = "import.json"


class _Settings(BaseModel):
    """The settings of the stage: where the images come from, and what is done to them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Source | None = Field(default=None, alias="from")
    labels: Mapping[str, str] = {}
    merge: tuple[str, ...] = ()
    on_conflict: Literal["first", "last", "stop"] = "stop"
    then: tuple[Op, ...] = ()


def job(work: Work) -> Job | None:
    """Done here, without an executor."""
    return None


def make(work: Work, into: Path) -> Facts:
    """Write the table of images and, for an import, the account of what was found."""
    settings = _Settings.model_validate(work.stage.settings)
    facts: dict[str, JsonValue] = {}
    if settings.source:
        intake = _imported(settings.source, settings, work)
        _write_account(intake, settings.source, into / ACCOUNT)
        facts["import"] = {what: dict(items) for what, items in intake.balance.items()}
        images = intake.images
    else:
        images = merge(
            *(_opened(work, name) for name in settings.merge), on_conflict=settings.on_conflict
        )
    refined = reduce(partial(_refined, work), settings.then, images)
    write_table(check(refined), into / TABLE)
    return {**counts(refined), **facts}


def _imported(source: Source, settings: _Settings, work: Work) -> Intake:
    return import_source(
        source, work.media, labels=settings.labels, expected=work.recipe.inputs.get("source")
    )


def _opened(work: Work, name: str) -> pl.DataFrame:
    return check(read_table(work.store.open(name) / TABLE))


def _refined(work: Work, images: pl.DataFrame, op: Op) -> pl.DataFrame:
    match op:
        case Filter():
            return _filtered(images, op)
        case Sample():
            return sample(images, count=op.count, share=op.share, seed=op.seed)
        case Exclude():
            return exclude(images, *(_opened(work, name) for name in op.datasets))


def _filtered(images: pl.DataFrame, op: Filter) -> pl.DataFrame:
    kept = filter_tags(images, tags=op.tags)
    kept = filter_labels(kept, labels=op.labels) if op.labels else kept
    kept = exclude_labels(kept, labels=op.exclude_labels) if op.exclude_labels else kept
    return kept if op.unlabelled == "keep" else drop_unlabelled(kept)


def _write_account(intake: Intake, source: Source, path: Path) -> None:
    """Say what became of every image and box; not when or where, so equal imports are equal."""
    account = {
        "format": source.format,
        "balance": intake.balance,
        "rejected": intake.rejected.select("file", "reason", "boxes").to_dicts(),
    }
    path.write_text(json.dumps(account, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
