"""Find the image that an annotation means, by the name it gives."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

_IMAGES = "images/"  # the folder that annotations leave out most


class NoImageError(ValueError):
    """A name is none of the images'; the text says why."""


@dataclass(frozen=True)
class Names:
    """The images of a dataset, by the names that annotations may call them."""

    images: frozenset[str]

    @classmethod
    def of(cls, images: Iterable[str]) -> Names:
        """The names of these images."""
        return cls(frozenset(images))

    def find(self, written: object, *near: str) -> str:
        """The image that is called `written`: in a folder `near`, or else wherever it is."""
        if not isinstance(written, str) or not written:
            raise NoImageError("an image has no `file_name`")
        if image := self._exact(written, near):
            return image
        path = PurePosixPath(written.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in "".join(path.parts[:1]):
            raise NoImageError(f"`{written}` leads out of the dataset's folder")
        image = self._find(str(path), near)
        if image is None:
            is_shared = self._bare.get(path.name, "") is None and str(path) == path.name
            how_many = "more than one file of" if is_shared else "no file of"
            raise NoImageError(f"`{written}` is listed, but there is {how_many} this name")
        return image

    def _find(self, name: str, near: Iterable[str]) -> str | None:
        if image := self._exact(name, near):
            return image
        if "/" not in name and (image := self._bare.get(name)):
            return image
        return self._composed.get(_composed(name)) if not name.isascii() else None

    def _exact(self, name: str, near: Iterable[str]) -> str | None:
        for folder in near:
            if (exact := f"{folder}/{name}") in self.images:
                return exact
        return next((exact for exact in (name, _IMAGES + name) if exact in self.images), None)

    @cached_property
    def _bare(self) -> Mapping[str, str | None]:
        """File name alone -> image; None where two images share it."""
        return _unique((name.rpartition("/")[2], name) for name in self.images)

    @cached_property
    def _composed(self) -> Mapping[str, str | None]:
        """As some file systems spell accents otherwise than people type them."""
        odd = [name for name in self.images if not name.isascii()]
        whole = [(_composed(name.removeprefix(_IMAGES)), name) for name in odd]
        bare = [(_composed(name.rpartition("/")[2]), name) for name in odd if "/" in name]
        return {**_unique(bare), **_unique(whole)}


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for key, name in pairs:
        found[key] = name if found.get(key, name) == name else None
    return found


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)
