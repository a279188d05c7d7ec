"""Objects as segmenters answer: one COCO document, with masks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ymir.jobs.figures import FILE, Reading, Row, mapping
from ymir.jobs.outputs import wrong
from ymir.layouts.masks import Box, MaskError, box_of, check_mask

_PARTS = ("images", "categories", "annotations")
_SIDES = 4


def is_coco(result: Mapping[str, Any]) -> bool:
    """Whether a result has the lists of a COCO document."""
    return all(isinstance(result.get(part), list) for part in _PARTS)


def segmentations(result: Mapping[str, Any], reading: Reading) -> Iterator[Row]:
    """Every annotation that can be used; of those that repeat a box, the first."""
    document = _Document(_images(result, reading), _categories(result), reading)
    seen: set[tuple[object, ...]] = set()
    for each in result["annotations"]:
        row = document.row(mapping(each, "an annotation"))
        if row is None:
            continue
        image, label, _, *sides, _ = row
        if (image, label, *sides) in seen:
            reading.notes.add("duplicate-box", f"{image}: {label} {sides}")
            continue
        seen.add((image, label, *sides))
        yield row


@dataclass(frozen=True)
class _Document:
    """What annotations refer to: ids, as text, of images and of categories."""

    images: Mapping[str, str]
    categories: Mapping[str, str]
    reading: Reading

    def row(self, each: Mapping[str, Any]) -> Row | None:
        """One annotation; None for what has no place, no class or no image that was asked for."""
        notes = self.reading.notes
        image, category = str(each.get("image_id")), str(each.get("category_id"))
        if image not in self.images or category not in self.categories:
            is_image = image not in self.images
            rule = "image-unknown" if is_image else "class-unknown"
            notes.add(rule, f"image_id {image}" if is_image else f"category_id {category}")
            return None
        name = self.images[image]
        mask = self._mask(each, name)
        sides = self._sides(each, mask, name)
        if sides is None:
            notes.add("annotation-without-place", name)
            return None
        if "area" not in each:
            notes.add("annotation-without-area", name)
        text = orjson.dumps(mask).decode() if mask else None
        label = self.reading.label(self.categories[category])
        return name, label, self._score(each, name), *sides, text

    def _mask(self, each: Mapping[str, Any], image: str) -> object:
        mask, notes = each.get("segmentation"), self.reading.notes
        if not mask:
            return None
        try:
            check_mask(mask, self.reading.images[image])
        except MaskError as error:
            notes.add("mask-unusable", f"{image}: {error}")
            return None
        if isinstance(mask, list) and len(mask) > 1:
            notes.add("several-polygons", image)
        if isinstance(mask, dict) and isinstance(mask["counts"], list):
            notes.add("runs-not-encoded", image)
        return mask

    def _sides(self, each: Mapping[str, Any], mask: object, image: str) -> Box | None:
        box = each.get("bbox")
        if box:
            if not isinstance(box, list) or len(box) != _SIDES:
                raise wrong(FILE, f"`bbox` of an annotation of {image} must be 4 numbers")
            x, y, w, h = (self.reading.figure(side, image) for side in box)
            return x, y, w, h
        around = box_of(mask) if mask else None
        if around is not None:
            self.reading.notes.add("annotation-without-bbox", image)
        return around

    def _score(self, each: Mapping[str, Any], image: str) -> float:
        score = self.reading.score(each, ("confidence", "score"), image)
        if score is None:
            self.reading.notes.add("annotation-without-confidence", image)
        return 1.0 if score is None else score


def _images(result: Mapping[str, Any], reading: Reading) -> dict[str, str]:
    """Id of each image in the document -> the image that it is."""
    images: dict[str, str] = {}
    for each in result["images"]:
        entry = mapping(each, "an entry of `images`")
        name = str(entry.get("file_name"))
        image = reading.image(name)
        if image is not None:
            images[str(entry.get("id"))] = image
            if "/" in name:
                reading.notes.add("file-name-with-folder", name)
    if result["images"] and not images:
        raise wrong(FILE, f"`{name}` is not an image that was asked for, nor is any other")
    listed = set(images.values())
    unanswered = [image for image in reading.images if image not in listed]
    reading.notes.add("image-unanswered", "".join(unanswered[:1]), len(unanswered))
    return images


def _categories(result: Mapping[str, Any]) -> dict[str, str]:
    every = [mapping(each, "an entry of `categories`") for each in result["categories"]]
    return {str(each.get("id")): str(each.get("name")) for each in every}
