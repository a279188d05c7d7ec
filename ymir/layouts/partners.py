"""Which annotation file belongs to which image, where each image has one of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

Stem = Callable[[str], str]  # what an image and its annotation share


class Pair(NamedTuple):
    """An image and its annotation, if it has one; `problem` says why it is not clear which."""

    image: str
    annotation: str | None = None
    problem: str | None = None


def stem_of(name: str, layout: frozenset[str]) -> str:
    """What an image and its annotation share: the name less its suffix.

    Folders whose names are in `layout` (`images` and `labels`, say) are one and the same.
    """
    slash = name.rfind("/")
    return _folder(name[: slash + 1], layout) + name[slash + 1 : name.rfind(".")]


@lru_cache(maxsize=4096)
def _folder(folder: str, layout: frozenset[str]) -> str:
    """A folder's name, with `.` for each part that tells images from annotations."""
    return "/".join("." if each.lower() in layout else each for each in folder.split("/"))


def by_stem(names: Iterable[str], stem: Stem) -> Mapping[str, tuple[str, ...]]:
    """The files of each stem."""
    listed = tuple(names)
    found: dict[str, tuple[str, ...]] = {stem(name): (name,) for name in listed}
    if len(found) < len(listed):
        found = dict.fromkeys(found, ())
        for name in listed:
            found[stem(name)] += (name,)
    return found


def pairs(images: Iterable[str], annotations: Iterable[str], stem: Stem) -> Iterator[Pair]:
    """Each image with its annotation."""
    partners = by_stem(annotations, stem)
    for key, alike in by_stem(images, stem).items():
        found = partners.get(key, ())
        if len(found) > 1 or (found and len(alike) > 1):
            all_of_them = ", ".join(f"`{name}`" for name in (*alike, *found))
            problem = f"more than one file of this name: {all_of_them}"
            yield from (Pair(image, problem=problem) for image in alike)
        else:
            annotation = found[0] if found else None
            yield from (Pair(image, annotation) for image in alike)


def without_image(annotations: Iterable[str], images: Iterable[str], stem: Stem) -> dict[str, str]:
    """The annotations that belong to no image, each with that reason."""
    stems = set(map(stem, images))
    why = "there is no image of this name"
    return {name: why for name in annotations if stem(name) not in stems}
