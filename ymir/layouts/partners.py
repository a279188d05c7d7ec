"""Which annotation file belongs to which image, where each image has one of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from ymir.contracts.format import Listing, Partners

Layout = frozenset[str]  # names of folders that are one and the same, e.g. `images` and `labels`


class Pair(NamedTuple):
    """An image and its annotation, if it has one; `problem` says why it is not clear which."""

    image: str
    annotation: str | None = None
    problem: str | None = None


def stem_of(name: str, layout: Layout) -> str:
    """What an image and its annotation share: the name less its suffix and its layout's folder."""
    (stem,) = stems([name], layout)
    return stem


def stems(names: Sequence[str], layout: Layout) -> list[str]:
    """The stem of each file."""
    found: list[str] = []
    last, prefix = None, ""
    for name in names:
        at = name.rfind("/") + 1
        folder = name[:at]
        if folder != last:  # as it is for few of those that stand in order
            last, prefix = folder, _folder(folder, layout)
        found.append(prefix + name[at : name.rfind(".")])
    return found


@lru_cache(maxsize=4096)
def _folder(folder: str, layout: Layout) -> str:
    """A folder's name, with `.` for each part that tells images from annotations."""
    return "/".join("." if each.lower() in layout else each for each in folder.split("/"))


def by_stem(names: Sequence[str], layout: Layout) -> Mapping[str, tuple[str, ...]]:
    """The files of each stem."""
    each = stems(names, layout)
    found: dict[str, tuple[str, ...]] = {
        stem: (name,) for stem, name in zip(each, names, strict=True)
    }
    if len(found) < len(names):
        found = dict.fromkeys(found, ())
        for stem, name in zip(each, names, strict=True):
            found[stem] += (name,)
    return found


def partners(
    images: Sequence[str], annotations: Sequence[str], layout: Layout
) -> tuple[Partners, dict[str, str]]:
    """Which belong together, and the annotations that belong to no image, each with that reason."""
    ours, theirs = stems(images, layout), stems(annotations, layout)
    if ours == theirs and len(set(ours)) == len(ours):
        return Partners(dict(zip(images, annotations, strict=True))), {}
    said = by_stem(annotations, layout)
    of: dict[str, str] = {}
    clashing: dict[str, tuple[str, ...]] = {}
    for stem, alike in by_stem(images, layout).items():
        found = said.get(stem, ())
        if len(found) > 1 or (found and len(alike) > 1):
            clashing |= dict.fromkeys(alike, (*alike, *found))
        elif found:
            of[alike[0]] = found[0]
    known, why = set(ours), "there is no image of this name"
    pairs = zip(theirs, annotations, strict=True)
    return Partners(of, clashing), {name: why for stem, name in pairs if stem not in known}


def pairs(listing: Listing) -> Iterator[Pair]:
    """Each image with its annotation."""
    partners = listing.partners or Partners()
    for image in listing.images:
        if clashing := partners.clashing.get(image):
            files = ", ".join(f"`{name}`" for name in clashing)
            yield Pair(image, problem=f"more than one file of this name: {files}")
        else:
            yield Pair(image, partners.of.get(image))
