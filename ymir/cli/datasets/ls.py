"""`ymir dataset ls`: all datasets in a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.datasets.presence import absent
from ymir.cli.datasets.reading import TABLE, Recorded, Shelf
from ymir.cli.specs import WorkspaceOption
from ymir.cli.workspace import open_workspace
from ymir.dvc import pointer
from ymir.git import Touch
from ymir.media.store import MediaStore
from ymir.plan.plan import plan
from ymir.plan.standing import UNASKED, standings

_SAMPLE = 256  # images that are looked for, of each dataset,
_PLACES = 8  # from so many places in its table
_HEADS = ("dataset", "images", "boxes", "classes", "size", "recorded", "commit", "here", "state")
_FIGURES = (1, 2, 3, 4)


def command(
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List datasets: what is in them, when they were recorded, whether specs want them otherwise.

    Whether the images are here is found by looking for 256 of them; `show` looks for all.
    """
    opened = open_workspace(workspace)
    observed = opened.store.observe()
    found = Shelf(opened.root, opened.store, observed)
    states = standings(plan(opened.catalogue, observed, opened.look()).steps)
    protected = {name for name, spec in opened.catalogue.datasets.items() if spec.protect}
    commits = found.commits()
    rows: list[dict[str, JsonValue]] = [
        {
            **_data(found, found.find(name), commits),
            "protected": name in protected,
            "state": states.get(name, UNASKED),
        }
        for name in found.names
    ]
    missing: list[dict[str, JsonValue]] = [
        {"dataset": name, "version": None, "state": states.get(name, "not made yet")}
        for name in opened.catalogue.datasets
        if name not in found.names
    ]
    if as_json:
        console.data([*rows, *missing])
    elif rows or missing:
        console.out("\n".join(_lines([*rows, *missing])))
    else:
        console.out("no dataset: `ymir explain Dataset` describes one")


def _data(found: Shelf, recorded: Recorded, commits: Mapping[str, Touch]) -> dict[str, JsonValue]:
    facts = recorded.version.facts
    per_class = facts.get("per_class")
    commit = commits.get(recorded.pointer)
    stored, here = _on_disk(found, recorded)
    return {
        "dataset": recorded.dataset,
        "version": recorded.version.number,
        "images": facts.get("images"),
        "boxes": facts.get("boxes"),
        "classes": len(per_class) if isinstance(per_class, dict) else None,
        "bytes": stored,
        "recorded": commit.date if commit else None,
        "commit": commit.commit if commit else None,
        "here": here,
    }


def _on_disk(found: Shelf, recorded: Recorded) -> tuple[int | None, str]:
    """The bytes of the version's files and of its images, and whether these are here."""
    own = pointer.read(found.root / recorded.pointer).size
    file = (found.root / recorded.pointer).with_suffix("") / TABLE
    if not file.is_file():
        return None, "no"
    import polars as pl  # not for an empty list

    table = pl.scan_parquet(file)
    rows, total = table.select(pl.len(), pl.col("bytes").sum()).collect().row(0)
    starts = {rows * place // _PLACES for place in range(_PLACES)}
    parts = [table.select("image").slice(at, _SAMPLE // _PLACES) for at in sorted(starts)]
    sample = pl.concat(parts).unique().collect()["image"].to_list()
    gone = len(absent(MediaStore(found.root).cache, sample))
    here = "yes" if gone == 0 else "table only" if gone == len(sample) else "in part"
    return own + int(total), here


def _lines(rows: list[dict[str, JsonValue]]) -> Iterator[str]:
    cells = [_HEADS, *map(_cells, rows)]
    return layout.table([tuple(map(str, each)) for each in cells], right=_FIGURES)


def _cells(row: Mapping[str, JsonValue]) -> tuple[str, ...]:
    if row["version"] is None:
        return (str(row["dataset"]), *("-" for _ in _HEADS[2:]), str(row["state"]))
    stored = row["bytes"]
    return (
        f"{row['dataset']}@v{row['version']}",
        *(layout.figure(row[name]) for name in ("images", "boxes", "classes")),
        layout.size(stored) if isinstance(stored, int) else "-",
        str(row["recorded"] or "-")[:10],
        str(row["commit"] or "-")[:8],
        str(row["here"]),
        f"{row['state']}{', protected' if row['protected'] else ''}",
    )
