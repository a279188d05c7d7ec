"""Make a dataset: import or merge, then refine."""

import json
from collections.abc import Mapping
from functools import partial, reduce
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from ymir.contracts.backend import Job
from ymir.data.ops.merge import merge
from ymir.data.table import check, counts
from ymir.media.imports import Imported, import_source
from ymir.media.tables import write_table
from ymir.plan.world import UNREAD
from ymir.spec.operations import Op
from ymir.spec.source import Source
from ymir.stages.kind import Settled, Work
from ymir.stages.refining import refined
from ymir.stages.tables import TABLE, table_of

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


def make(work: Work, into: Path) -> Settled:
    """Write the table of images and, for an import, the account of what was found."""
    settings = _Settings.model_validate(work.stage.settings)
    facts: dict[str, JsonValue] = {}
    read: dict[str, str] = {}
    if settings.source:
        imported = _imported(settings.source, settings, work)
        _write_account(imported, settings.source, into / ACCOUNT)
        facts["import"] = _balance(imported)
        images, read = imported.intake.images, {"source": imported.digest}
    else:
        images = merge(
            *(table_of(work, name) for name in settings.merge), on_conflict=settings.on_conflict
        )
    result = reduce(partial(refined, work), settings.then, images)
    write_table(check(result), into / TABLE)
    return Settled({**counts(result), **facts}, read)


def _imported(source: Source, settings: _Settings, work: Work) -> Imported:
    expected = work.recipe.inputs.get("source", UNREAD)
    return import_source(source, work.media, labels=settings.labels, expected=expected)


def _balance(imported: Imported) -> dict[str, JsonValue]:
    balance: dict[str, JsonValue] = {
        what: dict(items) for what, items in imported.intake.balance.items()
    }
    if imported.ignored:
        balance["ignored"] = dict(imported.ignored)
    return balance


def _write_account(imported: Imported, source: Source, path: Path) -> None:
    """Say what became of every image and box; not when or where, so equal imports are equal."""
    account = {
        "format": source.format,
        "balance": _balance(imported),
        "rejected": imported.intake.rejected.select("file", "reason", "boxes").to_dicts(),
    }
    path.write_text(json.dumps(account, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
