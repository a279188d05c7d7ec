"""The objects of a labelled image, from ark text or VOC XML."""

import logging
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ymir_kit.errors import Code, ExecutorError

LOG = logging.getLogger("ymir_kit")


@dataclass(frozen=True)
class LabelledBox:
    """A box in pixels of its image; `right` and `bottom` are the first pixels outside."""

    label: int
    left: float
    top: float
    right: float
    bottom: float


def read_annotation(
    path: Path, annotation_format: str, class_names: Sequence[str]
) -> tuple[LabelledBox, ...]:
    """Return the objects of one annotation file; an empty file means no objects."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExecutorError(
            Code.DATASET, f"cannot read the annotation `{path}`: {error}"
        ) from error
    if not text.strip():
        return ()
    if annotation_format == "voc":
        return _parse_voc(text, path, class_names)
    numbered = enumerate(text.splitlines(), start=1)
    return tuple(
        _parse_ark(line, f"{path}:{number}", len(class_names))
        for number, line in numbered
        if line.strip()
    )


def fit(
    boxes: Sequence[LabelledBox], size: tuple[int, int], scale: float, smallest: float
) -> list[tuple[float, ...]]:
    """Return `label, left, top, right, bottom` clipped to the image and scaled; thin ones go."""
    width, height = size
    rows = []
    for box in boxes:
        left, right = (min(max(x, 0.0), width) for x in (box.left, box.right))
        top, bottom = (min(max(y, 0.0), height) for y in (box.top, box.bottom))
        row = [position * scale for position in (left, top, right, bottom)]
        if row[2] - row[0] >= smallest and row[3] - row[1] >= smallest:
            rows.append((float(box.label), *row))
    return rows


def _parse_ark(line: str, where: str, class_count: int) -> LabelledBox:
    """Return the object of `class, xmin, ymin, xmax, ymax[, quality, angle]`, maxima inclusive."""
    try:
        label, left, top, right, bottom = (float(column) for column in line.split(",")[:5])
    except ValueError:
        expected = "class, xmin, ymin, xmax, ymax"
        raise ExecutorError(Code.DATASET, f"{where}: expected `{expected}`, got `{line}`") from None
    if label != int(label) or not 0 <= label < class_count:
        raise ExecutorError(
            Code.DATASET,
            f"{where}: class index {label:g} is not in `class_names`, which has {class_count}",
        )
    return LabelledBox(int(label), left, top, right + 1, bottom + 1)


def _parse_voc(text: str, path: Path, class_names: Sequence[str]) -> tuple[LabelledBox, ...]:
    """Return the objects of a VOC file whose names are in `class_names`."""
    index = {name.strip().lower(): label for label, name in enumerate(class_names)}
    try:
        # The expat that CPython ships limits how far entities expand.
        root = ElementTree.fromstring(text)  # noqa: S314
        named = [(_text_of(node, "name"), node) for node in root.iter("object")]
        unknown = sorted({name for name, _ in named if name.lower() not in index})
        if unknown:
            LOG.warning("%s: left out objects of other classes: %s", path, ", ".join(unknown))
        return tuple(
            _voc_box(index[name.lower()], node) for name, node in named if name.lower() in index
        )
    except (ElementTree.ParseError, ValueError) as error:
        raise ExecutorError(Code.DATASET, f"`{path}` is no VOC annotation: {error}") from error


def _voc_box(label: int, node: ElementTree.Element) -> LabelledBox:
    left, top, right, bottom = (
        float(_text_of(node, f"bndbox/{key}")) for key in ("xmin", "ymin", "xmax", "ymax")
    )
    return LabelledBox(label, left, top, right + 1, bottom + 1)


def _text_of(node: ElementTree.Element, path: str) -> str:
    """Return the text of a child that must be there."""
    text = node.findtext(path)
    if text is None or not text.strip():
        raise ValueError(f"an object has no `{path}`")
    return text.strip()
