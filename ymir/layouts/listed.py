"""What files that are about many images say, image by image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ymir.contracts.format import Found, Listing


def in_order(every: Iterable[Found], listing: Listing, twice: str) -> Iterator[Found]:
    """The images of a listing in its order, then those that only annotations name.

    One that no annotation names has no labels; of one that is named again the problem is `twice`.
    Images that are not asked for, because they are of another split, are left out.
    """
    entries: dict[str, Found] = {}
    for found in every:
        again = replace(found, problem=f"`{found.annotation}`: {twice}")
        entries[found.image] = again if found.image in entries else found
    for image in listing.images:
        yield entries.pop(image, Found(image))
    yield from (found for _, found in sorted(entries.items()) if found.image not in listing.others)
