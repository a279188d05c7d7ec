"""Make a dataset: import or merge, then refine."""

import json
import shutil
from collections.abc import Mapping
from functools import partial, reduce
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ymir.contracts.backend import Job
from ymir.data.corrections import replaced
from ymir.data.ops.merge import merge
from ymir.data.table import check, counts
from ymir.dvc.files import write_whole
from ymir.media.tables import write_table
from ymir.plan.relabel import in_order, is_answer
from ymir.plan.world import UNREAD
from ymir.sources.imports import import_source
from ymir.spec.operations import Op
from ymir.spec.source import Source
from ymir.stages.again import answers_for
from ymir.stages.kind import Settled, Work
from ymir.stages.tables import TABLE, table_of

ACCOUNT = "import.json"
_TOLD = ("commit", "version")  # of a catalogue, what its record says, too


class _Settings(BaseModel):
    """The settings of the stage: where the images come from, and what is done to them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Source | None = Field(default=None, alias="from")
    labels: Mapping[str, str] = {}
    merge: tuple[str, ...] = ()
    on_conflict: Literal["first", "last", "stop"] = "stop"
    then: tuple[Op, ...] = ()


def jobs(work: Work) -> tuple[Job, ...]:
    """Done here, without an executor."""
    return ()


def make(work: Work, into: Path) -> Settled:
    """Write the table of images and, for an import, the account of what was found."""
    settings = _Settings.model_validate(work.stage.settings)
    if facts := _corrected_only(work, into):
        return Settled(facts, {})
    if not settings.source:
        tables = (table_of(work, name) for name in settings.merge)
        images = merge(*tables, on_conflict=settings.on_conflict)
        return _written(work, settings, images, into)
    taken = _taken(settings.source, settings, work)
    write_whole(into / ACCOUNT, json.dumps(taken.account, indent=1, ensure_ascii=False) + "\n")
    made = _written(work, settings, taken.images, into)
    facts = {name: fact for name, fact in taken.account.items() if name in _TOLD}
    return Settled({**made.facts, **facts, "import": taken.account["balance"]}, taken.read)


def _written(work: Work, settings: _Settings, images: pl.DataFrame, into: Path) -> Settled:
    if settings.then:
        from ymir.stages.refining import refined  # what it needs is not for every import

        images = reduce(partial(refined, work), settings.then, images)
    return Settled(_write(work, images, into), {})


def _write(work: Work, images: pl.DataFrame, into: Path) -> dict[str, JsonValue]:
    """The table, with what people corrected of it; that comes last, whatever the source says."""
    answers = in_order({name: "" for name in work.recipe.inputs if is_answer(name)})
    parts = [answers_for(work, name, work.stage.name) for name in answers]
    images = check(reduce(replaced, parts, images))
    write_table(images, into / TABLE)
    known = {"corrections": sum(each.height for each in parts)} if parts else {}
    return {**counts(images), **known}


def _corrected_only(work: Work, into: Path) -> dict[str, JsonValue]:
    """The facts of the newest version with more corrections in it; empty where more has changed.

    So a correction needs neither the source nor the time to read it again.
    """
    newest = work.store.observe().get(work.stage.name)
    if newest is None or newest.recipe.settings != work.recipe.settings:
        return {}
    before, now = newest.recipe.inputs.items(), work.recipe.inputs.items()
    if not before < now or not all(is_answer(name) for name, _ in now - before):
        return {}
    folder = work.store.open(work.stage.name)
    if (folder / ACCOUNT).exists():
        shutil.copyfile(folder / ACCOUNT, into / ACCOUNT)
    kept = {name: fact for name, fact in newest.facts.items() if name in (*_TOLD, "import")}
    return {**_write(work, table_of(work, work.stage.name), into), **kept}


class _Taken(NamedTuple):
    """What came in. The account says nothing of when or where, so equal imports are equal."""

    images: pl.DataFrame
    account: Mapping[str, JsonValue]
    read: Mapping[str, str]


def _taken(source: Source, settings: _Settings, work: Work) -> _Taken:
    if source.git:
        from ymir.sources.catalogue import import_catalogue  # likewise

        images, account = import_catalogue(source, work.media, labels=settings.labels)
        return _Taken(images, account, {})
    expected = work.recipe.inputs.get("source", UNREAD)
    imported = import_source(
        source, work.media, labels=settings.labels, expected=expected, tell=work.tell
    )
    intake = imported.intake
    balance: dict[str, JsonValue] = {what: dict(items) for what, items in intake.balance.items()}
    if imported.ignored:
        balance["ignored"] = dict(imported.ignored)
    rejected = intake.rejected.select("file", "reason", "boxes").to_dicts()
    account = {"format": source.format, "balance": balance, "rejected": rejected}
    return _Taken(intake.images, account, {"source": imported.digest})
