"""What stands in the `.mir` files of YMIR 2.x.

The numbers are those of YMIR's `mir_command.proto`. Fields that can be computed again (lists of
classes, counts, confusion flags) are known, and not read.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ymir.migration.wire import Message, WireError, keys

IS_BOXES = 2  # of a set of annotations: boxes from VOC files, or from a detector
JPEG, PNG = 1, 2  # of an asset
_READY = 1  # of an evaluation
SPLITS = {1: "training", 2: "validation", 3: "test"}
_WHOLE = ("MirMetadatas", "MirAnnotations")  # a field unknown here may hold all there is

_KNOWN: Mapping[str, frozenset[int]] = {
    "MirMetadatas": keys(parts=[1]),
    "MetadataAttributes": keys(numbers=[3, 4, 5, 6, 7, 8], parts=[2, 9]),
    "MirAnnotations": keys(parts=[3, 4, 5]),
    "SingleTaskAnnotations": keys(numbers=[3, 4, 5, 10], parts=[1, 2, 4, 10, 11, 12]),
    "SingleImageAnnotations": keys(numbers=[5], parts=[2, 5]),
    "SingleImageCks": keys(parts=[1], reals=[2]),
    "ObjectAnnotation": keys(
        numbers=[1, 3, 7, 8, 12, 13, 14], parts=[2, 6, 9, 10, 11], reals=[4, 5]
    ),
    "Rect": keys(numbers=[1, 2, 3, 4], reals=[5]),
    "IntPoint": keys(numbers=[1, 2, 3]),
}


@dataclass(frozen=True)
class Asset:
    """What `metadatas.mir` says of an image."""

    file: str
    width: int
    height: int
    kind: int
    split: str | None


class Box(NamedTuple):
    """One object of an image; a quality of 0 or less is none, and so is a score below 0."""

    x: int
    y: int
    w: int
    h: int
    class_id: int
    class_name: str
    score: float
    quality: float
    angle: float
    tags: Mapping[str, str]
    polygon: list[int]
    mask: str
    is_crowd: bool


@dataclass(frozen=True)
class Boxes:
    """The truth, or the predictions, of a dataset: the images that have boxes, undecoded."""

    kind: int
    images: Mapping[str, memoryview]
    has_model: bool


@dataclass(frozen=True)
class Annotations:
    """What `annotations.mir` says; `tags` are YMIR's `cks`, by image."""

    truth: Boxes
    predictions: Boxes
    tags: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Task:
    """The task that made a commit."""

    has_failed: bool
    model: str
    is_evaluated: bool


@dataclass(frozen=True)
class Decoder:
    """Reads messages, and counts the fields that it does not know: `ObjectAnnotation 17`."""

    unknown: Counter[str] = field(default_factory=Counter)

    def assets(self, data: bytes) -> dict[str, Asset]:
        """The images of a dataset, by their SHA-1."""
        entries = self._message("MirMetadatas", data).entries(1)
        return {name: self._asset(entries[name]) for name in sorted(entries)}

    def annotations(self, data: bytes) -> Annotations:
        """The boxes and tags of a dataset."""
        message = self._message("MirAnnotations", data)
        tags = {name: self._tags(part) for name, part in message.entries(5).items()}
        return Annotations(self._boxes_of(message.part(3)), self._boxes_of(message.part(4)), tags)

    def boxes(self, data: memoryview) -> list[Box]:
        """The boxes of one image."""
        return [self._box(part) for part in self._message("SingleImageAnnotations", data).parts(2)]

    def task(self, data: bytes) -> Task:
        """The newest task of `tasks.mir`."""
        message = Message(data)
        task = Message(message.entries(1).get(message.text(2), b""))
        is_evaluated = Message(task.part(10)).number(6) == _READY
        return Task(task.number(8) != 0, Message(task.part(6)).text(1), is_evaluated)

    def counted(self, data: bytes) -> tuple[int, int, int]:
        """What `context.mir` counts: images, true boxes, predicted boxes."""
        message = Message(data)
        truth, predictions = (Message(message.part(each)).number(1) for each in (101, 100))
        return message.number(1), truth, predictions

    def _message(self, kind: str, data: bytes | memoryview) -> Message:
        message = Message(data)
        for number in message.strange(_KNOWN[kind]):
            if kind in _WHOLE:
                raise WireError(f"{kind} has a field {number}: another YMIR than 2.x wrote it")
            self.unknown[f"{kind} {number}"] += 1
        return message

    def _asset(self, data: memoryview) -> Asset:
        message = self._message("MetadataAttributes", data)
        width, height, kind = (message.number(each) for each in (5, 6, 4))
        return Asset(message.text(9), width, height, kind, SPLITS.get(message.number(3)))

    def _boxes_of(self, data: memoryview) -> Boxes:
        message = self._message("SingleTaskAnnotations", data)
        return Boxes(message.number(3), message.entries(1), bool(message.part(11)))

    def _tags(self, data: memoryview) -> dict[str, str]:
        message = self._message("SingleImageCks", data)
        quality = message.real(2)
        rated = {"image_quality": f"{quality:.7g}"} if quality > 0 else {}
        return {**rated, **message.texts(1)}

    def _box(self, data: memoryview) -> Box:
        message = self._message("ObjectAnnotation", data)
        rect = self._message("Rect", message.part(2))
        points = [self._message("IntPoint", part) for part in message.parts(10)]
        return Box(
            x=rect.number(1),
            y=rect.number(2),
            w=rect.number(3),
            h=rect.number(4),
            class_id=message.number(3),
            class_name=message.text(9),
            score=message.real(4),
            quality=message.real(5),
            angle=rect.real(5),
            tags=message.texts(6),
            polygon=[point.number(axis) for point in points for axis in (1, 2)],
            mask=message.text(11),
            is_crowd=message.number(12) != 0,
        )
