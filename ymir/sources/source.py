"""The digest of a source, for planning: what is known is only looked at, not read again.

What was seen of each file is kept under `.ymir/sources/` with its size and times, so an unchanged
file costs one `stat`. A file that was written less than two seconds before it was read is not
kept: its times may not show the next change.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from ymir.contracts.format import Listing, formats, of_split
from ymir.layouts.tags import TAGS
from ymir.media.collector import without_collector
from ymir.plan.world import UNREAD
from ymir.sources.memory import Folders, Memory, Overview, are_settled, folders_under
from ymir.sources.origins.arrival import pinned
from ymir.sources.reading import Reader, changed, read_files
from ymir.sources.sight import Sight
from ymir.spec.source import Source

Depth = Literal["folders", "files", "all"]  # how well a source is looked at before planning
FEW = 20_000  # files of all sources together that every plan looks at one by one
_PIECE = 1_000  # names hashed at a time


@dataclass(frozen=True)
class Look:
    """What was seen of all files of a source, and the one digest of their names and contents."""

    seen: Sight
    digest: str


def planned_digest(
    source: Source,
    workspace: Path,
    cache: Path,
    *,
    is_recorded: bool,
    depth: Depth,
    few: int = FEW,
) -> str | None:
    """What planning needs to know of a source; None if its folder or its archive is absent.

    To look at `folders` is to judge a source of more than a `few` files by them alone: they show
    which files came and went, but not which were written again in place. Nothing is read for a
    dataset that does not exist yet: its files are `UNREAD`, unless `all` is asked for.
    """
    if source.path is None:
        return pinned(source, workspace)
    folder = workspace / source.path
    if not folder.is_dir():
        return None
    if not is_recorded and depth != "all":
        return UNREAD
    overview = memory_of(source, folder, cache).overview()
    is_large = overview is not None and overview.files > few
    if overview and is_large and depth == "folders" and overview.is_current(folder):
        return overview.digest
    return look(source, folder, cache).digest


def listing_of(source: Source, folder: Path) -> Listing:
    """The files of a source: all that lie there, or those of one split."""
    listing = formats.load(source.format).listing(folder)
    return of_split(listing, source.split) if source.split else listing


def names_of(listing: Listing) -> list[str]:
    """Every file that decides what a source holds."""
    beside = [TAGS] if (listing.folder / TAGS).is_file() else []
    return list(dict.fromkeys([*listing.images, *listing.annotations, *listing.shared, *beside]))


def memory_of(source: Source, folder: Path, cache: Path) -> Memory:
    """Where what was seen of a source is kept."""
    return Memory.of(cache, folder, source.format, source.verify, source.split)


@without_collector()
def look(source: Source, folder: Path, cache: Path) -> Look:
    """Every image and annotation of a source; only those that changed are read."""
    memory = memory_of(source, folder, cache)
    overview, known = memory.overview(), memory.sight()
    if overview and overview.files == len(known) and overview.is_current(folder):
        folders = overview.folders
        names: Collection[str] = known  # none was added, none taken away
    else:
        overview, folders = None, folders_under(folder)
        names = names_of(listing_of(source, folder))
    fresh = changed(str(folder), known, names)
    if overview and not fresh:
        return Look(known, overview.digest)
    seen = read_files(Reader(str(folder), is_full=source.verify == "full"), fresh)
    return remembered(memory, folders, joined(known, seen, names))


def joined(known: Sight, seen: Sight, names: Iterable[str]) -> Sight:
    """What was seen just now, and of the other files what is known."""
    whole = known.only([name for name in names if name not in seen])
    whole.join(seen)
    return whole


def remembered(memory: Memory, folders: Folders, seen: Sight) -> Look:
    """Keep what was seen of all files of a source; `folders` as they were before."""
    looked = Look(seen, digest_of(seen))
    memory.keep_sight(seen)
    is_settled = are_settled(folders) and all(seen.column("is_settled", seen))
    memory.keep_overview(Overview(looked.digest, len(seen), folders) if is_settled else None)
    return looked


def digest_of(seen: Sight) -> str:
    """One digest for all files."""
    digest = hashlib.md5(usedforsecurity=False)
    names = sorted(seen)
    lines = zip(seen.column("digest", names), names, strict=True)
    while piece := "".join([f"{each} {name}\0" for each, name in islice(lines, _PIECE)]):
        digest.update(piece.encode())
    return digest.hexdigest()
