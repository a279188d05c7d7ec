"""Read a source some images at a time, each piece by whichever process is free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from ymir.contracts.format import Found, Listing, Partners, formats
from ymir.data.intake import Holds, Part, Unknown, checked
from ymir.media.workers import stream
from ymir.sources.gather import Gathered
from ymir.sources.reading import Reader, Tell, changed, effort_for, read_files
from ymir.sources.sight import Sight

_ROWS = 5_000  # images that are checked at a time
_IMAGES = 5_000  # images in a piece
_PER_IMAGE = 60e-6  # seconds of work besides reading its files


class Meaning(NamedTuple):
    """What annotations mean: the names of labels, what to make of others, what boxes are."""

    labels: Mapping[str, str]
    unknown: Unknown
    holds: Holds


class Reading(NamedTuple):
    """How a whole source is read; `shared` files say something about all of its images."""

    reader: Reader
    format: str
    meaning: Meaning
    shared: tuple[str, ...]

    @property
    def is_linking(self) -> bool:
        """Whether the store shares the source's files."""
        return self.reader.shelf is not None and self.reader.shelf.how == "link"


class Piece(NamedTuple):
    """Some images and their annotations; files that are `known` are not read again."""

    images: Sequence[str]
    partners: Partners
    known: Sight

    @property
    def files(self) -> list[str]:
        """The images and their annotations."""
        return [*self.images, *self.partners.of.values()]


class Read(NamedTuple):
    """What came of a piece: its files, what they say, and which changed meanwhile."""

    seen: Sight
    parts: list[Part]
    ignored: Mapping[str, int]  # what a dataset has no place for, and how often it was there
    torn: list[str]


def read_pieces(
    reading: Reading, listing: Listing, images: Sequence[str], known: Sight, tell: Tell
) -> Iterator[Read]:
    """Read `images` with their annotations, in several processes where that pays.

    `tell` hears how many more files are read.
    """
    if listing.partners is None:
        yield _read_whole(reading, listing, known, tell)
        return
    pieces = list(_pieces(listing.partners, images, known))
    fresh = [name for name in images if name not in known] if known else images
    effort = effort_for(reading.reader.folder, fresh)
    seconds = effort.seconds + len(images) * _PER_IMAGE
    bare = Listing(listing.folder, (), listing.shared, others=listing.others)
    work = partial(_read_each, reading, bare)
    for each in stream(work, pieces, seconds=seconds, piece=1, in_threads=effort.is_hashing):
        tell(len(each.seen))
        yield each


def _read_each(reading: Reading, bare: Listing, pieces: Sequence[Piece]) -> Read:
    (piece,) = pieces
    contents: dict[str, bytes] = {}
    seen = reading.reader.read([name for name in piece.files if name not in piece.known], contents)
    seen.join(piece.known)
    said = tuple(piece.partners.of.values())
    listing = replace(
        bare,
        images=tuple(piece.images),
        annotations=(*bare.annotations, *said),
        partners=piece.partners,
        contents=contents,
    )
    ignored: Counter[str] = Counter()
    parts = list(_checked(reading, listing, seen, ignored))
    again = [name for name in said if name not in contents]
    return Read(seen, parts, ignored, changed(reading.reader.folder, seen, again))


def _read_whole(reading: Reading, listing: Listing, known: Sight, tell: Tell) -> Read:
    """Where one annotation speaks of many images, it is read here, and images wherever."""
    names = [*listing.images, *listing.annotations]
    seen = read_files(reading.reader, [name for name in names if name not in known], tell)
    seen.join(known.only([name for name in names if name not in seen]))
    ignored: Counter[str] = Counter()
    parts = list(_checked(reading, listing, seen, ignored))
    return Read(seen, parts, ignored, changed(reading.reader.folder, seen, listing.annotations))


def _checked(
    reading: Reading, listing: Listing, seen: Sight, ignored: Counter[str]
) -> Iterator[Part]:
    """What was found, some at a time: on the way, tables cost ten times as much."""
    labels, unknown, holds = reading.meaning
    for gathered in _gathered(formats.load(reading.format).read(listing)):
        ignored.update(gathered.ignored)
        tables = gathered.found(seen), gathered.boxes(seen)
        yield checked(*tables, labels=labels, unknown=unknown, holds=holds)


def strays(reading: Reading, listing: Listing) -> Iterator[Part]:
    """The files that belong to the source and cannot be used, if there are any."""
    if not listing.stray:
        return
    labels, unknown, holds = reading.meaning
    gathered = Gathered()
    for name, why in listing.stray.items():
        gathered.add(Found(name, problem=why))
    tables = gathered.found(Sight()), gathered.boxes()
    yield checked(*tables, labels=labels, unknown=unknown, holds=holds)


def _gathered(found: Iterable[Found]) -> Iterator[Gathered]:
    gathered = Gathered()
    for each in found:
        gathered.add(each)
        if len(gathered) == _ROWS:
            yield gathered
            gathered = Gathered()
    if len(gathered):
        yield gathered


def _pieces(partners: Partners, images: Sequence[str], known: Sight) -> Iterator[Piece]:
    for at in range(0, len(images), _IMAGES):
        piece = Piece(images[at : at + _IMAGES], partners.only(images[at : at + _IMAGES]), Sight())
        yield piece._replace(known=known.only([name for name in piece.files if name in known]))
