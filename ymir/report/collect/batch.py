"""What a round picked from the pool, and whether all of it came back from people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import isfinite

import polars as pl
from pydantic import JsonValue

from ymir.plan.history import count, number_in
from ymir.report.record import RoundRecord
from ymir.report.shown.batches import Batch, Mined, Returns
from ymir.spec.project import ProjectSpec

MOST_MINED = 200  # that are named; all are counted


def batch(spec: ProjectSpec, now: RoundRecord) -> Batch | None:
    """The images that were picked, best first; None where the round has not mined."""
    mined = now.table("mined")
    if mined is None:
        return None
    people = now.table("labelled")
    return Batch(
        shown=_shown(mined.sort("rank").head(MOST_MINED), now),
        mined=mined.height,
        strategy=_strategy(spec, now),
        boxes=None if people is None else int(people["objects"].list.len().sum()),
        returns=returns(now),
        listed=_listed(mined),
    )


def _listed(mined: pl.DataFrame) -> int:
    """How many go back to people; a table that is older than such lists has none."""
    return mined["origin"].drop_nulls().len() if "origin" in mined.columns else 0


def returns(now: RoundRecord) -> Returns | None:
    """The balance of the round's batch; None until it is sent."""
    send, label = now.versions.get("send"), now.versions.get("label")
    if send is None and label is None:
        return None
    sent = count(send, "images") if send else now.rows("mined")
    if label is None:
        return Returns(sent, 0, 0, 0, outstanding=sent, reasons=())
    balance = label.facts.get("balance")
    counted = balance if isinstance(balance, dict) else _recounted(now)
    return Returns(
        sent=sent,
        labelled=number_in(counted, "labelled"),
        empty=number_in(counted, "empty"),
        rejected=number_in(counted, "rejected"),
        outstanding=0,
        reasons=_reasons(counted.get("reasons")),
    )


def gap(of: Returns) -> int:
    """How many images of a batch nobody accounts for; negative where too many came back."""
    return of.sent - of.labelled - of.empty - of.rejected - of.outstanding


def _recounted(now: RoundRecord) -> Mapping[str, JsonValue]:
    """The balance of a batch whose record is older than balances."""
    people = now.table("labelled")
    if people is None:
        return {}
    empty = int((people["objects"].list.len() == 0).sum())
    return {"labelled": people.height - empty, "empty": empty}


def _reasons(said: JsonValue) -> tuple[tuple[str, int], ...]:
    """Why images were rejected, the most frequent reason first."""
    if not isinstance(said, dict):
        return ()
    counted: Counter[str] = Counter()
    for name, each in said.items():
        if isinstance(each, int):
            counted[name] += each  # by reason
        else:
            counted[str(each)] += 1  # by file
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))


def _shown(mined: pl.DataFrame, now: RoundRecord) -> tuple[Mined, ...]:
    files = _files(mined, now)
    columns = mined.select("image", "rank", "score", "why").iter_rows()
    return tuple(
        Mined(image, files.get(image, ""), rank, _figure(score), why)
        for image, rank, score, why in columns
    )


def _figure(score: float | None) -> float:
    """A score as JSON can hold it: one that is no number picked nothing."""
    return score if score is not None and isfinite(score) else 0.0


def _files(mined: pl.DataFrame, now: RoundRecord) -> Mapping[str, str]:
    """What the files of these images are called, wherever the round names them."""
    files: dict[str, str] = {}
    for name in ("corrected", "labelled", "pool"):
        if (known := now.table(name)) is not None:
            named = known.join(mined, on="image", how="semi").select("image", "file")
            files |= dict(named.iter_rows())
    return files


def _strategy(spec: ProjectSpec, now: RoundRecord) -> str:
    """The one that the round was mined with, whatever the specs ask for today."""
    mine = now.versions.get("mine")
    return str(mine.recipe.settings.get("use") or spec.mine.use) if mine else spec.mine.use
