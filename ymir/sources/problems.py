"""What is wrong with a source, said once and all at once."""

import difflib
from collections.abc import Mapping

import polars as pl

from ymir.data.intake import Intake
from ymir.errors import DataError
from ymir.media.files import shown
from ymir.spec.source import Source

_SHOWN = 20  # problems in one message


def stop_on_problems(intake: Intake, source: Source, labels: Mapping[str, str]) -> None:
    """Complain about everything at once, unless the spec lets it be skipped."""
    deadly = ["label"] if source.reject == "skip" else ["label", "image", "box", "copy"]
    found = intake.rejected.filter(pl.col("kind").is_in(deadly))
    lines = [*_unknown_labels(found, labels), *_bad_files(found)]
    if lines:
        raise DataError(
            f"`{source.place}` has {len(lines)} problems; nothing was imported:{_listed(lines)}",
            hint=_way_out(found),
        )
    images = intake.balance["images"]
    limit = source.reject_limit
    most = _most(limit, images["in"])
    if most is not None and images["rejected"] > most:
        lines = _bad_files(intake.rejected.filter(pl.col("kind").is_in(["image", "copy"])))
        raise DataError(
            f"{images['rejected']} of {images['in']} images of `{source.place}` cannot be used, "
            f"more than `reject_limit: {limit}`; nothing was imported:{_listed(lines)}",
            hint="correct the files, or raise `reject_limit`",
        )
    if not intake.images.height:
        raise DataError(
            f"nothing in `{source.place}` can be used:{_listed(_bad_files(intake.rejected))}",
            hint=f"it is read as {source.format}; `from: {{reject: skip}}` leaves the broken out",
        )


def _most(limit: float | None, images: int) -> float | None:
    return limit * images if isinstance(limit, float) else limit


def _listed(lines: list[str]) -> str:
    first = "".join(f"\n  {shown(line)}" for line in lines[:_SHOWN])
    return f"{first}\n  ... and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else first


def _unknown_labels(found: pl.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """One line per label, however many boxes have it."""
    unknown = (
        found.filter(pl.col("kind") == "label")
        .group_by("reason", maintain_order=True)
        .agg(pl.col("boxes").sum(), pl.col("file").first())
    )
    return [
        f"{reason}{_near(reason, labels)}: {boxes} box{'es' * (boxes != 1)}, the first in {file}"
        for reason, boxes, file in unknown.iter_rows()
    ]


def _near(reason: str, labels: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(reason.split("`")[1], labels, n=1)
    return f" (did you mean `{near[0]}`?)" if near else ""


def _bad_files(found: pl.DataFrame) -> list[str]:
    others = found.filter(pl.col("kind") != "label")
    return [f"{file}: {reason}" for file, reason in others.select("file", "reason").iter_rows()]


def _way_out(found: pl.DataFrame) -> str:
    kinds = set(found["kind"])
    labels = ["add the labels to `Labels`, or set `unknown_labels: ignore` or `add`"]
    files = ["correct the files, or set `from: {reject: skip}` to leave them out"]
    return "; ".join(labels * ("label" in kinds) + files * bool(kinds - {"label"}))
