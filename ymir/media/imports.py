"""Import a source: read it, check it, store its images, and say what became of each file."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import polars as pl

from ymir.contracts.format import Format, Found, Listing, formats
from ymir.data.intake import Intake, checked, together
from ymir.errors import DataError
from ymir.media.admission import Admission
from ymir.media.collector import without_collector
from ymir.media.gather import Gathered
from ymir.media.sight import Sight
from ymir.media.source import changed, digest_of, look, source_folder
from ymir.media.store import MediaStore
from ymir.media.workers import spread
from ymir.spec.source import Source

_PIECE = 5_000  # images that are checked at a time
_SHOWN = 20  # problems in one message
_DECODING = 8e-3  # seconds per image


@without_collector()
def import_source(
    source: Source, media: MediaStore, *, labels: Mapping[str, str], expected: str | None
) -> Intake:
    """The source as a dataset, its images stored; or one error that names all problems.

    `expected` is the digest that was planned with; another one, or a file that changes while it is
    read, stops the import. Nothing is registered before everything is checked.
    """
    folder = source_folder(source, media.workspace)
    reader = formats.load(source.format)
    listing = reader.listing(folder)
    if not listing.images:
        raise DataError(f"there are no images in `{folder}`", hint=f"it is read as {source.format}")
    seen = look(listing, media.workspace / ".ymir" / "sources", expected)
    if expected is not None and digest_of(seen) != expected:
        raise DataError(f"`{folder}` changed since this was planned", hint="run again")
    sight = _decoded(listing, seen) if source.verify == "full" else seen
    intake = together(
        [
            checked(found, boxes, labels=labels, unknown=source.unknown_labels)
            for found, boxes in _gathered(_everything(reader, listing), sight)
        ]
    )
    _stop_on_problems(intake.rejected, source, folder, labels)
    if not intake.images.height:
        raise DataError(f"nothing in `{folder}` can be used", hint="see its `reject: skip`")
    media.admit(_admissions(intake.images, folder, seen))
    # Images cannot change any more: what is stored is what was hashed.
    if files := changed(str(folder), seen, listing.annotations):
        raise DataError(
            f"{len(files)} files of `{folder}` changed while they were read, e.g. `{files[0]}`",
            hint="run again when nothing writes to them any more",
        )
    return intake


def _gathered(found: Iterable[Found], seen: Sight) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The images and their boxes, some at a time: the tables on the way cost ten times as much."""
    gathered = Gathered()
    for each in found:
        gathered.add(each)
        if len(gathered) == _PIECE:
            yield gathered.found(seen), gathered.boxes()
            gathered = Gathered()
    if len(gathered):
        yield gathered.found(seen), gathered.boxes()


def _everything(reader: Format, listing: Listing) -> Iterator[Found]:
    yield from reader.read(listing)
    for name, why in listing.stray.items():
        yield Found(name, problem=why)


def _decoded(listing: Listing, seen: Sight) -> Sight:
    """What was seen, with a problem where an image cannot be decoded."""
    from ymir.media.decode import decode_all  # few ask for it, and it is heavy

    problems = seen.column("problem", listing.images)
    whole = [name for name, why in zip(listing.images, problems, strict=True) if not why]
    found = spread(partial(decode_all, str(listing.folder)), whole, seconds=len(whole) * _DECODING)
    broken = {name: why for name, why in zip(whole, found, strict=True) if why}
    sight = Sight()
    sight.add(
        seen, (each._replace(problem=broken.get(name, each.problem)) for name, each in seen.items())
    )
    return sight


def _admissions(images: pl.DataFrame, folder: Path, seen: Sight) -> list[Admission]:
    files = images["file"].to_list()
    rows = images.select("image", "bytes", "format").iter_rows()
    stamps, settled = seen.stamps(files), seen.column("is_settled", files)
    return [
        Admission(f"{folder}/{file}", image, size, kind, stamp if is_settled else None)
        for file, (image, size, kind), stamp, is_settled in zip(
            files, rows, stamps, settled, strict=True
        )
    ]


def _stop_on_problems(
    rejected: pl.DataFrame, source: Source, folder: Path, labels: Mapping[str, str]
) -> None:
    """Complain about everything at once, unless the spec lets it be skipped."""
    deadly = ["label"] if source.reject == "skip" else ["label", "image", "box", "copy"]
    found = rejected.filter(pl.col("kind").is_in(deadly))
    lines = [*_unknown_labels(found, labels), *_bad_files(found)]
    if lines:
        shown = "".join(f"\n  {line}" for line in lines[:_SHOWN])
        more = f"\n  ... and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
        raise DataError(
            f"`{folder}` has {len(lines)} problems; nothing was imported:{shown}{more}",
            hint=_way_out(found),
        )


def _unknown_labels(found: pl.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """One line per label, however many boxes have it."""
    unknown = (
        found.filter(pl.col("kind") == "label")
        .group_by("reason", maintain_order=True)
        .agg(pl.col("boxes").sum(), pl.col("file").first())
    )
    return [
        f"{reason}{_near(reason, labels)}: {boxes} boxes, the first in {file}"
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
    files = ["correct the files, or set `reject: skip` to leave them out"]
    return "; ".join(labels * ("label" in kinds) + files * bool(kinds - {"label"}))
