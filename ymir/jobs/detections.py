"""Boxes as detectors answer: `detection`, image by image. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from ymir.jobs.figures import FILE, Reading, Row, mapping
from ymir.jobs.outputs import wrong

_SIDES = ("x", "y", "w", "h")
_ANGLE = "rotate_angle"
_KEYS = frozenset((*_SIDES, _ANGLE))


def detections(answers: Mapping[str, Any], reading: Reading) -> Iterator[Row]:
    """Every box that can be used."""
    for image, boxes in _by_image(answers, reading).items():
        for each in boxes:
            row = _row(image, mapping(each, f"a box of {image}"), reading)
            if row is not None:
                yield row


def _by_image(answers: Mapping[str, Any], reading: Reading) -> dict[str, Sequence[Any]]:
    """Image -> its boxes as the executor wrote them."""
    found: dict[str, Sequence[Any]] = {}
    for key, answer in answers.items():
        image = reading.image(key)
        if image is None:
            continue
        if image in found:
            reading.notes.add("image-answered-twice", key)
        found[image] = _boxes(image, answer, reading)
    if answers and not found:
        raise wrong(
            FILE, f"`{next(iter(answers))}` is not an image that was asked for, nor is any other"
        )
    unanswered = [image for image in reading.images if image not in found]
    reading.notes.add("image-unanswered", "".join(unanswered[:1]), len(unanswered))
    return found


def _boxes(image: str, answer: Any, reading: Reading) -> Sequence[Any]:  # noqa: ANN401 - JSON
    if isinstance(answer, list):
        reading.notes.add("answer-without-boxes", image)
        return answer
    if answer is None:
        return ()
    said = mapping(answer, f"the answer for {image}")
    boxes = said.get("boxes") or said.get("annotations") or []
    if not isinstance(boxes, list):
        raise wrong(FILE, f"the boxes of {image} must be a list")
    return boxes


def _row(image: str, each: Mapping[str, Any], reading: Reading) -> Row | None:
    for key in ("box", "class_name"):
        if key not in each:
            raise wrong(FILE, f"a box of {image} has no `{key}`")
    x, y, w, h = _sides(image, mapping(each["box"], f"the `box` of a box of {image}"), reading)
    score = reading.score(each, ("score", "confidence"), image)
    if score is None:
        reading.notes.add("box-without-score", image)
        return None
    return image, reading.label(each["class_name"]), score, x, y, w, h, None


def _sides(image: str, box: Mapping[str, Any], reading: Reading) -> list[float]:
    for side in _SIDES:
        if side not in box:
            raise wrong(FILE, f"a box of {image} has no `{side}`")
    if not box.keys() <= _KEYS:
        reading.notes.add("key-unknown", min(box.keys() - _KEYS))
    if (angle := box.get(_ANGLE)) and reading.figure(angle, image):
        reading.notes.add("box-turned", f"{image}: {angle}")
    sides = [reading.figure(box[side], image) for side in _SIDES]
    if any(isfinite(side) and side != int(side) for side in sides):
        reading.notes.add("fraction-in-box", f"{image}: {sides}")
    return sides
