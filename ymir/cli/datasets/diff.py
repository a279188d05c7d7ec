"""`ymir dataset diff`: what changed between two versions, image by image and box by box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ymir.cli import console
from ymir.cli.datasets import layout
from ymir.cli.datasets.reading import Recorded, Shelf, shelf
from ymir.cli.specs import WorkspaceOption
from ymir.errors import SpecError

if TYPE_CHECKING:
    from ymir.data.diff import Diff

_EXAMPLES = 5


def command(
    first: Annotated[
        str, typer.Argument(help="A version, e.g. `site@v1`; alone, `site` is its last two.")
    ],
    second: Annotated[str | None, typer.Argument(help="What to compare it with.")] = None,
    workspace: WorkspaceOption = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, every box of it.")] = False,
) -> None:
    """Compare two versions: images that came and went, boxes added, removed, moved, relabelled.

    A box has moved if it overlaps its old place by half or more (IoU 0.5), and was relabelled if
    another class stands there; `edited` are boxes with another score, mask or attribute.
    """
    found = shelf(workspace)
    old, new = chosen(found, first, second)
    from ymir.data.diff import as_data, diff  # Polars takes its time to load

    changes = diff(found.table(old), found.table(new))
    if as_json:
        console.data({"from": old.name, "to": new.name, **as_data(changes)})
    else:
        console.out("\n".join(_lines(old.name, new.name, changes)))


def chosen(found: Shelf, first: str, second: str | None) -> tuple[Recorded, Recorded]:
    """The two versions that are meant, the older one first."""
    if second is not None:
        return found.find(first), found.find(second)
    recorded = found.find(first)
    versions = found.versions(recorded.dataset)
    at = [each.name for each in versions].index(recorded.name)
    if at == 0:
        raise SpecError(
            f"`{recorded.name}` is the first version: there is none before it",
            hint=f"name two: `ymir dataset diff {recorded.name} OTHER`",
        )
    return versions[at - 1], recorded


def _lines(old: str, new: str, found: Diff) -> Iterator[str]:
    yield f"{old} -> {new}"
    if found.is_empty:
        yield "nothing differs"
        return
    before, after = found.images
    yield (
        f"images  {before:,} -> {after:,}: {found.added.height:,} added, "
        f"{found.removed.height:,} removed, {found.changed:,} of {found.kept:,} kept with other "
        f"boxes, {found.retagged.height:,} with other tags"
    )
    per_class = found.per_class
    said = [f"{count:,} {change}" for change, count in found.counts.items()]
    for way, kind in (("in_added_images", "added"), ("in_removed_images", "removed")):
        if count := per_class[way].sum():
            said.append(f"{count:,} with {kind} images")
    totals = [f"{per_class[name].sum():,}" for name in ("before", "after")]
    yield f"boxes   {' -> '.join(totals)}: {', '.join(said)}"
    yield ""
    yield from _classes(found)
    yield from _relabelled(found)
    yield from _examples(found)


def _classes(found: Diff) -> Iterator[str]:
    """A row per class; what came and went with whole images has columns of its own."""
    heads = {
        "label": "class",
        "before": "before",
        "after": "after",
        "in_added_images": "+images",
        "in_removed_images": "-images",
        "added": "added",
        "removed": "removed",
        "moved": "moved",
        "relabelled_to": "became it",
        "relabelled_from": "was it",
        "edited": "edited",
    }
    rows = [
        [
            layout.plain(row["label"]),
            *(f"{row[name]:,}" if row[name] else "·" for name in [*heads][1:]),
        ]
        for row in found.per_class.iter_rows(named=True)
    ]
    yield from layout.table([[*heads.values()], *rows], right=range(1, len(heads)))


def _relabelled(found: Diff) -> Iterator[str]:
    from ymir.data.diff import relabelled

    pairs = relabelled(found)
    if pairs.height:
        said = (
            f"{was} -> {now} ({count:,})" for was, now, count in pairs.head(_EXAMPLES).iter_rows()
        )
        yield f"\nrelabelled: {', '.join(said)}"


def _examples(found: Diff) -> Iterator[str]:
    """Some files by name, so that one can look at them."""
    yield "\nfor example"
    for sign, images in (("+", found.added), ("-", found.removed)):
        for _, file, boxes in images.head(_EXAMPLES).iter_rows():
            yield f"  {sign} {layout.plain(file)}  ({layout.counted(boxes, 'box')})"
    files = found.boxes["file"].unique(maintain_order=True).head(_EXAMPLES)
    for file, *rows in found.boxes.filter(found.boxes["file"].is_in(files.implode())).group_by(
        "file", maintain_order=True
    ):
        words = [_box(row) for part in rows for row in part.head(_EXAMPLES).iter_rows(named=True)]
        yield f"  ~ {layout.plain(str(file[0]))}: {layout.plain('; '.join(words))}"


def _box(row: dict[str, object]) -> str:
    match row["change"]:
        case "added":
            return f"+{row['label']}"
        case "removed":
            return f"-{row['was_label']}"
        case "moved":
            return f"{row['label']} moved (IoU {row['iou']:.2f})"
        case "relabelled":
            return f"{row['was_label']} -> {row['label']}"
    return f"{row['label']} edited"
