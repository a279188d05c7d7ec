"""What of a batch goes into CVAT: tasks of images, and what is drawn on them before people look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl
from pydantic import JsonValue

from ymir.contracts.labeling import Batch
from ymir.cvat.replies import Frame, Label
from ymir.data.suggestions import worth_showing
from ymir.errors import DataError

PER_TASK = 500  # images: what is lost and sent again where an upload breaks off
_LONGEST_NAME = 64  # letters of a label in CVAT
_NAME = re.compile(r"(\d+)-(\d+) \[[0-9a-f]+\]$")
_BOXES = ("any", "rectangle")  # kinds of labels that can be drawn as boxes

Drawn = tuple[str, float, float, float, float, float | None]  # label, x, y, w, h, score


class Piece(NamedTuple):
    """An image as it goes out: once, or a second time as copy 2; ranks count on over both."""

    rank: int
    image: str
    copy: int


@dataclass(frozen=True)
class Parcel:
    """The images of a task."""

    pieces: tuple[Piece, ...]

    def name(self, batch: Batch) -> str:
        """What the task is called: for people, and to be found again."""
        return f"{batch.name} {self.pieces[0].rank}-{self.pieces[-1].rank} {mark(batch)}"


def mark(batch: Batch) -> str:
    """Ends the names of all tasks of a batch, and of no others."""
    return f"[{batch.key}]"


def copy_in(name: str, batch: Batch) -> int:
    """Which copy of its images a task has; its ranks say so, and annotators need not know."""
    found = _NAME.search(name)
    if found is None:
        raise DataError(
            f"the task `{name}` in CVAT was renamed",
            hint=f"give it back the name it had, such as `{batch.name} 1-100 {mark(batch)}`",
        )
    return 1 if int(found[1]) <= batch.images.height else 2


def pieces(batch: Batch) -> list[Piece]:
    """All that goes out, in its order: the images, then those that go out twice."""
    every = [(image, 1) for image in batch.images["image"]]
    every += [(image, 2) for image in batch.twice]
    return [Piece(rank, image, copy) for rank, (image, copy) in enumerate(every, start=1)]


def parcels(batch: Batch, there: Iterable[tuple[str, int]]) -> Iterator[Parcel]:
    """The tasks to make for all that is not `there` yet; none has an image twice."""
    known = set(there)
    absent = [each for each in pieces(batch) if (each.image, each.copy) not in known]
    for copy in (1, 2):
        mine = tuple(each for each in absent if each.copy == copy)
        for first in range(0, len(mine), PER_TASK):
            yield Parcel(mine[first : first + PER_TASK])


def file_names(batch: Batch) -> dict[str, str]:
    """What an image is called in CVAT, by digest: only the digest says which one it is."""
    return {image: f"{image}.{kind}" for image, kind in batch.images["image", "format"].iter_rows()}


def image_of(frame: Frame) -> str:
    """The digest of an image in CVAT."""
    return frame.name.rpartition("/")[2].partition(".")[0]


def project_name(batch: Batch) -> str:
    """The project here: what a batch is called, without its round."""
    return re.sub(r"-r\d+$", "", batch.name)


def lacking(batch: Batch, labels: Iterable[Label]) -> list[str]:
    """The classes for which there is no label yet; raises where a label cannot be a box."""
    known = ids(batch, labels)
    return [each for each in batch.classes if each not in known]


def ids(batch: Batch, labels: Iterable[Label]) -> dict[str, int]:
    """Class -> the number of its label, which may be called as one of its aliases."""
    found: dict[str, int] = {}
    for label in labels:
        name = batch.primary_names.get(label.name.strip().lower())
        if name is None or name not in batch.classes:
            continue
        if label.type not in _BOXES:
            raise DataError(
                f"the label `{label.name}` in CVAT is for {label.type}s, not for boxes",
                hint="make it `rectangle` or `any` there, or name another `project` in the spec",
            )
        if name not in found or label.name == name:
            found[name] = label.id
    return found


def check(batch: Batch) -> None:
    """What people must mend before anything can go out."""
    long = [each for each in batch.classes if len(each) > _LONGEST_NAME]
    if long:
        raise DataError(f"CVAT takes no labels of more than 64 letters, as `{long[0]}` is")
    gone = batch.images.filter(~pl.col("image").is_in(list(batch.media)))
    if gone.height:
        raise DataError(f"the bytes of `{gone['file'][0]}` are not at hand", hint="run `ymir pull`")


def shapes(
    batch: Batch, frames: Iterable[Frame], labels: Mapping[str, int]
) -> list[dict[str, JsonValue]]:
    """What people find drawn on the images of a task: labels that are known, else suggestions."""
    known, found = _drawn(batch.images), _drawn(worth_showing(batch.suggested, batch.believed))
    return [
        _shape(frame, labels[box[0]], box, source)
        for frame, seen in enumerate(frames)
        for boxes, source in [_first(image_of(seen), known, found)]
        for box in boxes
        if box[0] in labels
    ]


def _first(
    image: str, known: Mapping[str, list[Drawn]], found: Mapping[str, list[Drawn]]
) -> tuple[list[Drawn], str]:
    return (known[image], "file") if image in known else (found.get(image, []), "auto")


def _drawn(images: pl.DataFrame) -> dict[str, list[Drawn]]:
    """Image -> its boxes, cut to it; of images that have any."""
    wanted = images.filter(pl.col("objects").list.len() > 0)
    rows = wanted["image", "width", "height", "objects"].iter_rows()
    return {
        image: [_cut(each, width, height) for each in objects]
        for image, width, height, objects in rows
    }


def _cut(box: Mapping[str, float], width: int, height: int) -> Drawn:
    left, top = max(0.0, box["x"]), max(0.0, box["y"])
    right, bottom = min(width, box["x"] + box["w"]), min(height, box["y"] + box["h"])
    return str(box["label"]), left, top, right - left, bottom - top, box["score"]


def _shape(frame: int, label: int, box: Drawn, source: str) -> dict[str, JsonValue]:
    _, x, y, w, h, score = box
    scored: dict[str, JsonValue] = {} if score is None else {"score": min(1.0, max(0.0, score))}
    corners: list[JsonValue] = [round(side, 2) for side in (x, y, x + w, y + h)]
    return {
        "type": "rectangle",
        "frame": frame,
        "label_id": label,
        "points": corners,
        "source": source,
        **scored,
    }
