"""Import a source: read it, check it, store its images, and say what became of each file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from ymir.contracts.format import Listing
from ymir.data.intake import Intake, Part, joined, together
from ymir.data.table import TAG
from ymir.errors import DataError
from ymir.layouts.tags import TAGS, ImageTags, read_tags
from ymir.media.admission import Admission
from ymir.media.collector import without_collector
from ymir.media.store import MediaStore
from ymir.plan.world import UNREAD
from ymir.sources.memory import Memory, Overview, folders_under
from ymir.sources.origins.arrival import fetch, pinned
from ymir.sources.pieces import Meaning, Reading, read_pieces, strays
from ymir.sources.problems import stop_on_problems
from ymir.sources.reading import Reader, Tell, changed
from ymir.sources.recall import keep, recall
from ymir.sources.sight import Sight
from ymir.sources.source import Look, listing_of, memory_of, names_of, remembered
from ymir.sources.source import joined as whole_sight
from ymir.spec.source import Source


@dataclass(frozen=True)
class Imported:
    """A source as a dataset, the digest of its files, and what a dataset has no place for."""

    intake: Intake
    digest: str
    ignored: Mapping[str, int]


@without_collector()
def import_source(
    source: Source,
    media: MediaStore,
    *,
    labels: Mapping[str, str],
    expected: str = UNREAD,
    tell: Callable[[float], None] = lambda share: None,
) -> Imported:
    """Read what is new or changed, and store its images; or one error that names all problems.

    `expected` is the digest that was planned with; another one, or a file that changes while it is
    read, stops the import. Nothing is registered before everything is checked. `tell` hears which
    share of the files is read.
    """
    folder = fetch(source, media.workspace)
    memory = memory_of(source, folder, media.workspace / ".ymir" / "sources")
    listing = listing_of(source, folder)
    if not listing.images:
        why = next((f" (`{name}` is {said})" for name, said in listing.stray.items()), "")
        raise DataError(
            f"there are no images in `{source.place}`{why}", hint=f"it is read as {source.format}"
        )
    folders = folders_under(folder)
    reading = _reading(source, folder, media, listing, labels)
    known = memory.sight()
    is_planned = _is_planned(memory.overview(), known, folder, expected)
    hear = _shares(len(names_of(listing)), tell)
    whole, seen, ignored = _read(reading, listing, memory, known, hear, is_planned=is_planned)
    looked = Look(seen, expected) if is_planned else remembered(memory, folders, seen)
    digest = (pinned(source, media.workspace) or UNREAD) if source.path is None else looked.digest
    if expected not in (UNREAD, digest):
        raise DataError(f"`{source.place}` changed since this was planned", hint="run again")
    tags = read_tags(folder, (*listing.images, *listing.others))
    intake = together([_tagged(whole, tags), *strays(reading, listing)])
    stop_on_problems(intake, source, labels)
    media.admit(_admissions(media.new(intake.images), folder), is_linking=reading.is_linking)
    if not ignored:  # they are not counted image by image
        keep(memory, reading, whole, seen)
    return Imported(intake, digest, {**ignored, **_unknown(tags)})


def _reading(
    source: Source, folder: Path, media: MediaStore, listing: Listing, labels: Mapping[str, str]
) -> Reading:
    is_linking = source.store == "link" or source.path is None  # what arrived is nobody else's
    shelf = media.shelf(f"{folder}/{listing.images[0]}", is_linking=is_linking)
    reader = Reader(str(folder), is_full=source.verify == "full", shelf=shelf)
    meaning = Meaning(labels, source.unknown_labels, source.holds)
    return Reading(reader, source.format, meaning, listing.shared)


def _tagged(whole: Part, tags: ImageTags) -> Part:
    """The tags that stand beside the annotations go to their images."""
    if not tags.of:
        return whole
    more = pl.DataFrame(
        {"file": list(tags.of), "more": list(tags.of.values())},
        schema={"file": pl.String, "more": pl.List(TAG)},
    )
    both = pl.concat_list("tags", pl.col("more").fill_null([])).list.unique(maintain_order=True)
    rows = whole.rows.join(more, on="file", how="left", maintain_order="left")
    return replace(whole, rows=rows.with_columns(tags=both).drop("more"))


def _unknown(tags: ImageTags) -> dict[str, int]:
    what = f"images that {TAGS} names and the folder lacks"
    return {what: len(tags.unknown)} if tags.unknown else {}


def _is_planned(overview: Overview | None, known: Sight, folder: Path, expected: str) -> bool:
    """Whether all is known of the files that a plan was made with, and none came or went since."""
    if overview is None or (overview.digest, overview.files) != (expected, len(known)):
        return False
    return overview.is_current(folder)


def _shares(files: int, tell: Callable[[float], None]) -> Tell:
    """Tells the share of all files as they are counted."""
    read = 0

    def hear(more: int) -> None:
        nonlocal read
        read += more
        tell(min(1.0, read / max(1, files)))

    return hear


def _read(
    reading: Reading,
    listing: Listing,
    memory: Memory,
    known: Sight,
    tell: Tell,
    *,
    is_planned: bool,
) -> tuple[Part, Sight, Mapping[str, int]]:
    """All of the source: what is known and has not changed is recalled, the rest is read.

    If these are the files that a plan was made with, they are not looked at once more: whoever
    reads one compares what he reads.
    """
    folder, names = reading.reader.folder, names_of(listing)
    fresh = frozenset(() if is_planned else changed(folder, known, names))
    same = known if is_planned else known.only([name for name in names if name not in fresh])
    recalled = recall(memory, reading, listing, same)
    parts, ignored = recalled.parts, Counter[str]()
    seen = Sight()
    for each in read_pieces(reading, listing, recalled.left, same, tell):
        _refuse_torn(each.torn, folder)
        seen.join(each.seen)
        parts += each.parts
        ignored.update(each.ignored)
    if is_planned:
        return joined(parts), known, ignored
    seen.join(reading.reader.read([name for name in names if name in fresh and name not in seen]))
    return joined(parts), whole_sight(same, seen, names), ignored


def _refuse_torn(torn: Sequence[str], folder: str) -> None:
    if torn:
        raise DataError(
            f"{len(torn)} files of `{folder}` changed while they were read, e.g. `{torn[0]}`",
            hint="run again when nothing writes to them any more",
        )


def _admissions(images: pl.DataFrame, folder: Path) -> list[Admission]:
    rows = images.select("file", "image", "bytes", "format").iter_rows()
    return [Admission(f"{folder}/{file}", *rest) for file, *rest in rows]
