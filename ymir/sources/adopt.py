"""Make a table of another workspace ours: refuse what cannot be, and name its labels as we do."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from ymir.data.table import check
from ymir.errors import DataError

_SHOWN = 20  # labels in one message
_SLACK = 0.51  # pixels that a box may stand out: coordinates have few digits

Reasons = list[dict[str, Any]]


@dataclass(frozen=True)
class Adopted:
    """The images with our labels, why the others were left out, and the balance of both."""

    images: pl.DataFrame
    rejected: Reasons
    balance: Mapping[str, Mapping[str, int]]


def sound(images: pl.DataFrame, place: str) -> pl.DataFrame:
    """The table, if every row of it can be: it comes from somebody else."""
    try:
        check(images)
        wrong = images.filter(~_is_possible())
    except (DataError, pl.exceptions.PolarsError) as error:
        raise _refused(place, str(error)) from error
    if wrong.height:
        raise _refused(place, f"{wrong.height} images cannot be, e.g. `{wrong['file'][0]}`")
    return images


def adopt(
    images: pl.DataFrame,
    *,
    labels: Mapping[str, str],
    unknown: Literal["stop", "ignore", "add"],
    wanted: Collection[str] = (),
) -> Adopted:
    """Give each box our name of its label, and drop what is unknown or not wanted.

    `labels` maps names and aliases to classes. With `wanted`, only boxes of these classes stay, and
    only images that have one.
    """
    counted = _counted(images)
    names = {text: _name(text, labels, keep=unknown == "add") for text in counted["label"]}
    if unknown == "stop" and not wanted:
        _stop_on(counted.filter(pl.col("label").replace_strict(names).is_null()), labels)
    kept = {text: name for text, name in names.items() if name and name in (wanted or {name})}
    named = images if kept == {text: text for text in names} else images.with_columns(_only(kept))
    chosen = named.filter(pl.col("objects").list.len() > 0) if wanted else named
    dropped = counted.filter(~pl.col("label").is_in(list(kept)))
    return Adopted(
        chosen,
        [*_labels(dropped, names), *_images(images.height - chosen.height, wanted)],
        _balance(images, chosen),
    )


def _is_possible() -> pl.Expr:
    box = pl.element().struct
    x, y, w, h = (box.field(name) for name in ("x", "y", "w", "h"))
    is_box = (x + y + w + h).is_finite() & (w > 0) & (h > 0) & (x >= -_SLACK) & (y >= -_SLACK)
    is_plain = box.field("label").is_not_null() & is_box
    right, bottom = pl.element().struct.field("x") + pl.element().struct.field("w"), y + h
    objects = pl.col("objects")
    return (
        pl.col("image").str.contains(r"^[0-9a-f]{32}$")
        & pl.col("format").is_in(["jpg", "png"])
        & pl.col("file").is_not_null()
        & (pl.min_horizontal("width", "height", "bytes") > 0)
        & objects.is_not_null()
        & objects.list.eval(is_plain.fill_null(value=False)).list.all()
        & (objects.list.eval(right).list.max().fill_null(0) <= pl.col("width") + _SLACK)
        & (objects.list.eval(bottom).list.max().fill_null(0) <= pl.col("height") + _SLACK)
    ).fill_null(value=False)


def _counted(images: pl.DataFrame) -> pl.DataFrame:
    """Per label, as it is written: how many boxes."""
    labels = images.select(pl.col("objects").explode().struct.field("label")).drop_nulls()
    return labels.group_by("label").len("boxes").sort("label")


def _name(text: str, labels: Mapping[str, str], *, keep: bool) -> str | None:
    written = text.strip().lower()
    return labels.get(written, written if keep else None)


def _only(names: Mapping[str, str]) -> pl.Expr:
    label = pl.element().struct.field("label")
    renamed = pl.element().struct.with_fields(pl.field("label").replace(dict(names)))
    kept = pl.col("objects").list.eval(pl.element().filter(label.is_in(list(names))))
    return kept.list.eval(renamed)


def _stop_on(unknown: pl.DataFrame, labels: Mapping[str, str]) -> None:
    if not unknown.height:
        return
    lines = [
        f"label `{label}` is not in `Labels`{_near(label, labels)}: {boxes} boxes"
        for label, boxes in unknown.iter_rows()
    ]
    shown = "".join(f"\n  {line}" for line in lines[:_SHOWN])
    more = f"\n  ... and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    raise DataError(
        f"the catalogue has {len(lines)} labels that are unknown here:{shown}{more}",
        hint="add them to `Labels`, name those wanted in `git: labels:`, or set "
        "`unknown_labels: ignore` or `add`",
    )


def _near(label: str, labels: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(label.lower(), labels, n=1)
    return f" (did you mean `{near[0]}`?)" if near else ""


def _labels(dropped: pl.DataFrame, names: Mapping[str, str | None]) -> Reasons:
    return [
        {
            "reason": f"label `{label}` is "
            + ("not asked for" if names[label] else "not in `Labels`"),
            "boxes": boxes,
        }
        for label, boxes in dropped.iter_rows()
    ]


def _images(count: int, wanted: Collection[str]) -> Reasons:
    asked = ", ".join(f"`{each}`" for each in wanted)
    return [{"reason": f"no box of {asked}", "images": count}] if count else []


def _balance(found: pl.DataFrame, kept: pl.DataFrame) -> Mapping[str, Mapping[str, int]]:
    boxes = [int(each["objects"].list.len().sum()) for each in (found, kept)]
    return {
        what: {"in": before, "kept": after, "merged": 0, "rejected": before - after}
        for what, before, after in (
            ("images", found.height, kept.height),
            ("boxes", boxes[0], boxes[1]),
        )
    }


def _refused(place: str, why: str) -> DataError:
    return DataError(
        f"the table of {place} is not sound: {why}", hint="nothing was taken; ask who made it"
    )
