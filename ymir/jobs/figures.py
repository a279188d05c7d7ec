"""Numbers and names as executors write them, read leniently. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from ymir.jobs.outputs import wrong
from ymir.jobs.remarks import Notes

FILE = "infer-result.json"

# An object as an executor gave it: image, label, score, x, y, w, h, mask.
Row = tuple[str, str, float, float, float, float, float, str | None]


class Reading:
    """What was asked for, and what is noticed while the answer is read."""

    def __init__(self, images: Mapping[str, tuple[int, int]], class_names: Iterable[str]) -> None:
        self.images = images
        self.notes = Notes()
        self._names = {name.strip().lower(): name for name in class_names}

    def image(self, path: str) -> str | None:
        """The image that a file name or a path means; None for one that was not asked for."""
        image = PurePosixPath(path).stem
        if image in self.images:
            return image
        self.notes.add("image-unknown", path)
        return None

    def label(self, written: object) -> str:
        """The class that a name means; an unknown name stays as it is."""
        text = str(written)
        known = self._names.get(text.strip().lower())
        if known is not None and known != text:
            self.notes.add("class-respelled", text)
        return known if known is not None else text

    def figure(self, written: object, image: str) -> float:
        """A number, also one in quotes."""
        if isinstance(written, str):
            self.notes.add("number-as-text", f"{image}: {written}")
        try:
            return float(written)  # type: ignore[arg-type]  # whatever else it is, is refused
        except (TypeError, ValueError, OverflowError) as error:
            raise wrong(FILE, f"a box of {image} cannot be read: {error}") from error

    def score(self, each: Mapping[str, Any], names: tuple[str, str], image: str) -> float | None:
        """How sure the executor is, under its usual name or another; None for below 0 or none."""
        usual, other = names
        written = each.get(usual)
        if written is None and (written := each.get(other)) is not None:
            self.notes.add(f"score-called-{other}", image)
        if written is None:
            return None
        score = self.figure(written, image)
        return None if score < 0 else score


def mapping(each: object, what: str) -> Mapping[str, Any]:
    """The value, if it has keys."""
    if not isinstance(each, dict):
        raise wrong(FILE, f"{what} must be a mapping, and cannot be read: {each!r:.80}")
    return each
