"""What changed between two tables, box by box.

Rows are compared by a 64-bit hash of their objects, in whole columns; only images whose rows differ
are looked into. There, equal boxes are set aside, and of what is left the boxes that overlap most
are taken for the same one: first within a class (moved), then across classes (relabelled). A pair
is taken when neither of its boxes overlaps another one more; this repeats until no pair is left,
which is what choosing greedily, the best pair first, comes to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

OVERLAP = 0.5  # intersection over union from which two boxes can be one that was changed
SLACK = 0.05  # pixels that formats round away: a box that went no farther has not moved
PAIRS = 4_000_000  # pairs of boxes that are compared at a time

Change = Literal["added", "removed", "moved", "relabelled", "edited"]
CHANGES: tuple[Change, ...] = ("added", "removed", "moved", "relabelled", "edited")

_PLACE = ("x", "y", "w", "h")
_REST = ("score", "crowd", "mask", "attributes")


@dataclass(frozen=True)
class Diff:
    """Two versions of a table, compared.

    `added`, `removed` and `retagged` have a row per image: `image`, `file`, `boxes`. `boxes` has a
    row per box that differs on an image that both versions hold: `image`, `file`, `change`,
    `label`, place, `at` (its position in the new row), the same with `was_` of the old one, and
    the `iou` of the two. `per_class` balances: `after` is `before` and all that came and went.
    """

    images: tuple[int, int]  # before and after
    added: pl.DataFrame
    removed: pl.DataFrame
    retagged: pl.DataFrame
    boxes: pl.DataFrame
    per_class: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether there is no difference at all."""
        parts = (self.added, self.removed, self.retagged, self.boxes)
        return all(part.is_empty() for part in parts)

    @property
    def kept(self) -> int:
        """How many images both versions hold."""
        return self.images[1] - self.added.height

    @property
    def changed(self) -> int:
        """How many images both hold, with other boxes."""
        return self.boxes["image"].n_unique()

    @property
    def counts(self) -> dict[Change, int]:
        """How many boxes were changed in each way."""
        return {change: int((self.boxes["change"] == change).sum()) for change in CHANGES}


def diff(old: pl.DataFrame, new: pl.DataFrame) -> Diff:
    """Compare two tables."""
    both = _hashed(old, "was").join(_hashed(new, "is"), on="image", how="full", coalesce=True)
    is_old, is_new = pl.col("was_at").is_not_null(), pl.col("is_at").is_not_null()
    in_both = both.filter(is_old & is_new)
    changed = in_both.filter(pl.col("was_objects") != pl.col("is_objects"))
    retagged = in_both.filter(pl.col("was_tags") != pl.col("is_tags"))
    added = new[both.filter(~is_old)["is_at"].sort()]
    removed = old[both.filter(~is_new)["was_at"].sort()]
    boxes = _changes(old[changed["was_at"].sort()], new[changed["is_at"].sort()])
    return Diff(
        images=(old.height, new.height),
        added=_listed(added),
        removed=_listed(removed),
        retagged=_listed(new[retagged["is_at"].sort()]),
        boxes=boxes,
        per_class=_per_class((old, new), (removed, added), boxes),
    )


def as_data(found: Diff) -> dict[str, Any]:
    """All of it, for programs."""
    before, after = found.images
    return {
        "images": {
            "before": before,
            "after": after,
            "added": found.added.height,
            "removed": found.removed.height,
            "kept": found.kept,
            "changed": found.changed,
            "retagged": found.retagged.height,
        },
        "boxes": found.counts,
        "per_class": found.per_class.to_dicts(),
        "relabelled": relabelled(found).to_dicts(),
        "added": found.added.to_dicts(),
        "removed": found.removed.to_dicts(),
        "retagged": found.retagged.to_dicts(),
        "changes": found.boxes.drop("at", "was_at").to_dicts(),
    }


def relabelled(found: Diff) -> pl.DataFrame:
    """`was_label`, `label`, `count`: which class became which, the most frequent first."""
    pairs = found.boxes.filter(pl.col("change") == "relabelled").group_by("was_label", "label")
    return pairs.len("count").sort("count", "was_label", "label", descending=[True, False, False])


def _hashed(images: pl.DataFrame, prefix: str) -> pl.DataFrame:
    return images.select(
        "image",
        pl.int_range(pl.len(), dtype=pl.UInt32).alias(f"{prefix}_at"),
        pl.col("objects").hash().alias(f"{prefix}_objects"),
        pl.col("tags").hash().alias(f"{prefix}_tags"),
    )


def _listed(images: pl.DataFrame) -> pl.DataFrame:
    return images.select("image", "file", boxes=pl.col("objects").list.len()).sort("file", "image")


def _changes(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """What happened to each box of images that differ."""
    was, now = _different(boxes_of(old), boxes_of(new))
    was = was.rename({name: f"was_{name}" for name in _SEEN})
    matched = _matched(_overlapping(was, now))
    rows = pl.concat(
        [
            matched.join(was, on=["image", "was_at"]).join(now, on=["image", "at"]),
            was.join(matched, on=["image", "was_at"], how="anti"),
            now.join(matched, on=["image", "at"], how="anti"),
        ],
        how="diagonal",
    )
    files = pl.concat([each.select("image", "file") for each in (old, new)])
    named = rows.join(files.unique("image", keep="last", maintain_order=True), on="image")
    changed = named.filter(~_is_same().fill_null(False))
    return changed.select(*_COLUMNS, change=_change()).sort("file", "image", "at", "was_at")


def boxes_of(images: pl.DataFrame) -> pl.DataFrame:
    """A row per box: `image`, the box's fields, and `at`, its position in the image's row."""
    count = pl.col("objects").list.len()
    numbered = images.filter(count > 0).select(
        "image", "objects", at=pl.int_ranges(count.cast(pl.Int64), dtype=pl.UInt32)
    )
    return numbered.explode("objects", "at").unnest("objects")


def _different(old: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The boxes that have no equal on the other side; of equal ones, each has one partner."""
    key = ["image", "label", *_PLACE, *_REST]
    sides = [
        boxes.with_columns(pl.col("attributes").hash()).with_columns(
            nth=pl.int_range(pl.len(), dtype=pl.UInt32).over(key), rest=pl.struct(*_REST).hash()
        )
        for boxes in (old, new)
    ]
    one, other = (
        here.join(there, on=[*key, "nth"], how="anti", nulls_equal=True).select("image", *_SEEN)
        for here, there in (sides, sides[::-1])
    )
    return one, other


def _overlapping(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The pairs of boxes that can be one: `image`, `was_at`, `at`, `iou`, `rank`, best first."""
    sizes = was.group_by("image").len("old").join(now.group_by("image").len("new"), on="image")
    total = (pl.col("old").cast(pl.UInt64) * pl.col("new")).cum_sum()
    parts = sizes.sort("image").with_columns(part=total // PAIRS).partition_by("part")
    pairs = pl.concat(
        [
            _PAIR,
            *(
                _compared(*(side.join(part, on="image", how="semi") for side in (was, now)))
                for part in parts
            ),
        ]
    )
    is_same = pl.col("is_same")
    order = [is_same, pl.col("iou"), pl.col("image"), pl.col("at"), pl.col("was_at")]
    descending = [True, True, False, False, False]
    return pairs.sort(order, descending=descending).drop("is_same").with_row_index("rank")


def _compared(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Every pair of boxes of an image that overlap enough."""
    pairs = was.join(now, on="image")
    (x, y, w, h), (x2, y2, w2, h2) = (
        [pl.col(prefix + side).cast(pl.Float64) for side in _PLACE] for prefix in ("", "was_")
    )
    wide = (pl.min_horizontal(x + w, x2 + w2) - pl.max_horizontal(x, x2)).clip(0)
    high = (pl.min_horizontal(y + h, y2 + h2) - pl.max_horizontal(y, y2)).clip(0)
    shared = wide * high
    iou = shared / (w * h + w2 * h2 - shared)
    found = pairs.select(
        "image", "was_at", "at", iou=iou, is_same=pl.col("label") == pl.col("was_label")
    )
    return found.filter(pl.col("iou") >= OVERLAP)


def _matched(pairs: pl.DataFrame) -> pl.DataFrame:
    """Each box with at most one partner; see the module for how they are chosen."""
    chosen: list[pl.DataFrame] = [pairs.clear()]
    while pairs.height:
        best = [pl.col("rank").min().over("image", side) for side in ("at", "was_at")]
        taken = pairs.filter(*(pl.col("rank") == each for each in best))
        chosen.append(taken)
        for side in ("at", "was_at"):
            pairs = pairs.join(taken, on=["image", side], how="anti", maintain_order="left")
    return pl.concat(chosen).drop("rank")


def _is_same() -> pl.Expr:
    """Two boxes that differ in nothing but what formats round away."""
    same = (pl.col(name) == pl.col(f"was_{name}") for name in ("label", "rest"))
    return pl.all_horizontal(*same, _is_in_place())


def _is_in_place() -> pl.Expr:
    moved = ((pl.col(side) - pl.col(f"was_{side}")).abs() for side in _PLACE)
    return pl.max_horizontal(moved) <= SLACK


def _change() -> pl.Expr:
    return (
        pl.when(pl.col("was_label").is_null()).then(pl.lit("added"))
        .when(pl.col("label").is_null()).then(pl.lit("removed"))
        .when(pl.col("label") != pl.col("was_label")).then(pl.lit("relabelled"))
        .when(_is_in_place()).then(pl.lit("edited"))
        .otherwise(pl.lit("moved"))
    )  # fmt: skip


def _per_class(
    versions: Sequence[pl.DataFrame], ends: Sequence[pl.DataFrame], boxes: pl.DataFrame
) -> pl.DataFrame:
    """A row per class, and what it gained and lost in each way."""
    change = pl.col("change")
    columns: Mapping[str, pl.DataFrame] = {
        "before": _labels(versions[0]),
        "after": _labels(versions[1]),
        "in_added_images": _labels(ends[1]),
        "in_removed_images": _labels(ends[0]),
        "added": boxes.filter(change == "added").select("label"),
        "removed": boxes.filter(change == "removed").select(label="was_label"),
        "moved": boxes.filter(change == "moved").select("label"),
        "edited": boxes.filter(change == "edited").select("label"),
        "relabelled_to": boxes.filter(change == "relabelled").select("label"),
        "relabelled_from": boxes.filter(change == "relabelled").select(label="was_label"),
    }
    counted = [each.group_by("label").len(name) for name, each in columns.items()]
    found = pl.concat([each.select("label") for each in counted]).unique()
    for each in counted:
        found = found.join(each, on="label", how="left")
    return found.with_columns(pl.exclude("label").fill_null(0)).sort("label")


def _labels(images: pl.DataFrame) -> pl.DataFrame:
    return images.select(
        pl.col("objects").explode().struct.field("label").alias("label")
    ).drop_nulls()


_SHOWN = ("label", *_PLACE, "at")
_SEEN = (*_SHOWN, "rest")
_COLUMNS = ("image", "file", *_SHOWN, *(f"was_{name}" for name in _SHOWN), "iou")
_PAIR = pl.DataFrame(
    schema={
        "image": pl.String,
        "was_at": pl.UInt32,
        "at": pl.UInt32,
        "iou": pl.Float64,
        "is_same": pl.Boolean,
    }
)
