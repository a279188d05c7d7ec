"""`ymir dataset show`: everything that is known of one version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.datasets.presence import absent
from ymir.cli.datasets.reading import Recorded, Shelf, shelf
from ymir.cli.specs import WorkspaceOption
from ymir.dvc import pointer
from ymir.media.store import MediaStore
from ymir.plan.recipes import recipe_lines

_MOST_VALUES = 8  # of one tag, in text


def command(
    name: Annotated[str, typer.Argument(help="The dataset, e.g. `site` or `site@v2`.")],
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a version: counts, the balance of its import, classes, tags, and how it was made."""
    found = shelf(workspace)
    data = describe(found, found.find(name))
    if as_json:
        console.data(data)
    else:
        console.out("\n".join(_lines(data)))


def describe(found: Shelf, recorded: Recorded) -> dict[str, JsonValue]:
    """All of it, for programs."""
    from ymir.data.table import counts  # Polars takes its time to load
    from ymir.data.tags import tags_in

    table = found.table(recorded)
    commit = found.commits().get(recorded.pointer)
    gone = absent(MediaStore(found.root).cache, table["image"].to_list())
    kept = pointer.read(found.root / recorded.pointer)
    recipe = recorded.version.recipe
    return {
        "version": recorded.name,
        "digest": recorded.version.digest,
        "recorded": commit.date if commit else None,
        "commit": commit.commit if commit else None,
        **counts(table),
        "tags": {key: dict(values) for key, values in tags_in(table).items()},
        "import": recorded.version.facts.get("import"),
        "bytes": {"version": kept.size, "images": int(table["bytes"].sum())},
        "absent": len(gone),
        "recipe": {
            "digest": recipe.digest,
            "settings": dict(recipe.settings),
            "inputs": dict(recipe.inputs),
            "in_words": [*recipe_lines(recipe)],
        },
    }


def _lines(data: Mapping[str, JsonValue]) -> Iterator[str]:
    yield str(data["version"])
    yield from layout.pairs(_facts(data), indent="  ")
    if balance := _mapping(data["import"]):
        yield "\nimport"
        yield from (f"  {_balance(what, _mapping(items))}" for what, items in balance.items())
    yield "\nclasses"
    rows = sorted(_mapping(data["per_class"]).items(), key=lambda each: -int(str(each[1])))
    table = layout.table(
        [(layout.plain(name), layout.figure(count)) for name, count in rows], right=(1,)
    )
    yield from (f"  {line}" for line in table)
    if tags := _mapping(data["tags"]):
        yield "\ntags"
        yield from layout.pairs(
            {key: _values(_mapping(each)) for key, each in tags.items()}, indent="  "
        )
    yield "\nmade from"
    words = _mapping(data["recipe"])["in_words"]
    yield from (f"  {each}" for each in (words if isinstance(words, list) else ()))


def _facts(data: Mapping[str, JsonValue]) -> dict[str, str]:
    size, absent_ = _mapping(data["bytes"]), int(str(data["absent"]))
    recorded = f"{str(data['recorded'])[:16].replace('T', ' ')}, commit {str(data['commit'])[:8]}"
    stored = (
        f"{layout.size(int(str(size['images'])))}, and {layout.size(int(str(size['version'])))}"
    )
    return {
        "images": f"{data['images']:,} ({data['unlabelled']:,} without a box)",
        "boxes": f"{data['boxes']:,}",
        "size": f"{stored} for the version itself",
        "here": f"{layout.counted(absent_, 'image')} not here: `ymir pull`"
        if absent_
        else "all images",
        "recorded": recorded if data["commit"] else "in no commit yet",
        "digest": str(data["digest"]),
    }


def _balance(what: str, items: Mapping[str, JsonValue]) -> str:
    rest = [f"{count:,} {name}" for name, count in items.items() if name not in ("in", "cut")]
    cut = f", {items['cut']:,} cut to fit" if items.get("cut") else ""
    return f"{what}: {items.get('in'):,} = {' + '.join(rest)}{cut}"


def _values(values: Mapping[str, JsonValue]) -> str:
    shown = [f"{value} {count:,}" for value, count in [*values.items()][:_MOST_VALUES]]
    more = len(values) - len(shown)
    return layout.plain(", ".join(shown)) + (f", and {more} more" if more > 0 else "")


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}
