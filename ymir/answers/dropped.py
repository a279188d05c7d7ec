"""Which files people dropped into the folder of a batch, and which of its images each is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ymir.answers.rows import Mistake
from ymir.media.files import files_under, read_file, suffix

PLACE = "images/"  # where the images of a batch lie
PLACES = ("annotations", "images", "labels")  # folders in which answers may lie, at any depth
SKIPPED = "skipped.txt"
SUGGESTED = "suggested"
ASIDE = ("before", SUGGESTED, "withdrawn")  # folders that hold no answers

_OURS = frozenset({"README.txt", "INSTRUCTIONS.txt", "classes.txt", "index.csv", "withdrawn.txt"})
_CLASSES = frozenset({"classes.txt", "obj.names", "_darknet.labels"})
_NAMING = (".yaml", ".yml", ".names")
_ANSWERS = (".xml", ".txt", ".json")
_UPLOADED = re.compile(r"^[0-9a-f]{8}(?:__|-)")  # what Label Studio puts before a file's name
_YOLO = re.compile(rb"\s*\d+(?:\s+[-+.\deE]+){4,}\s*(?:\n|\Z)")
_VOC = re.compile(rb"<annotation[\s>/]")
_HEAD = 4096  # bytes of a text that are looked at

_MISPLACED = "answers belong into annotations/, VOC and YOLO files called like their image"


class Sent(NamedTuple):
    """What a file that went out is: an image, and which copy of it."""

    image: str
    copy: int = 1


Files = Mapping[str, Sent]  # by the names that the files have in `images/`


@dataclass(frozen=True)
class Dropped:
    """The files by what they are, named relative to the folder.

    `voc` and `yolo` have the files of each image that has any, by the image's name; `classes` are
    files that name the classes of YOLO. Of `documents`, only their content says what they are.
    """

    folder: Path
    voc: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    yolo: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


def dropped(folder: Path, images: Iterable[str]) -> Dropped:
    """Look through the folder of a batch whose images are called `images`; reads names only."""
    known = by_name(images)
    names, refused = files_under(folder)
    names = [name for name in names if not _is_aside(name) and not _is_suggested(folder, name)]
    mistakes = [Mistake(name, why) for name, why in refused.items() if _may_answer(name)]
    voc: dict[str, tuple[str, ...]] = {}
    yolo: dict[str, tuple[str, ...]] = {}
    for name in filter(_is_single, names):
        kind, image = voc if suffix(name) == ".xml" else yolo, _image_of(name, known)
        if image and _place(name) in PLACES:
            kind[image] = (*kind.get(image, ()), name)
        elif why := _stray(image, read_file(str(folder / name), _HEAD, _HEAD), name):
            mistakes.append(Mistake(name, why))
    return Dropped(
        folder,
        voc,
        yolo,
        tuple(name for name in names if _names_classes(name)),
        tuple(name for name in names if suffix(name) == ".json"),
        tuple(name for name in names if _file(name) == SKIPPED),
        tuple(mistakes),
    )


def by_name(images: Iterable[str]) -> Mapping[str, str]:
    """The images by what answers may call them: their names, with and without the suffix."""
    return {key: name for name in images for key in (name, _stem(name))}


def fresh(folder: Path, names: Collection[str], now: float, seconds: float) -> frozenset[str]:
    """Those of some files that changed in the last `seconds`, or are gone since they were seen."""
    changed = set()
    for name in names:
        try:
            age = now - (folder / name).stat().st_mtime
        except OSError:
            age = 0
        if abs(age) < seconds:
            changed.add(name)
    return frozenset(changed)


def _stray(image: str | None, head: bytes, name: str) -> str | None:
    """Why a file that is about no image in its place is a mistake, if it looks like an answer."""
    is_answer = _VOC.search(head) if suffix(name) == ".xml" else _YOLO.match(head)
    if image:
        return _MISPLACED
    if b"<annotations>" in head:
        return "this is CVAT's own XML: export the task as COCO, VOC or YOLO"
    return f"there is no image of this name in the batch; {_MISPLACED}" if is_answer else None


def _is_aside(name: str) -> bool:
    return name in _OURS or name.partition("/")[0] in ASIDE


def _is_suggested(folder: Path, name: str) -> bool:
    """Whether a file is a suggestion as it went out, that nobody has saved again."""
    suggested = folder / SUGGESTED / _file(name)
    try:
        size = suggested.stat().st_size
        ours, theirs = (read_file(str(each), size, size) for each in (suggested, folder / name))
    except OSError:
        return False
    return ours == theirs


def _may_answer(name: str) -> bool:
    """Whether a refused name could be one of an answer, or of a folder of answers."""
    return not _is_aside(name) and (suffix(name) in (*_ANSWERS, ""))


def _is_single(name: str) -> bool:
    """Whether a file may be the answer to one image."""
    is_text = suffix(name) == ".txt" and _file(name) not in (*_CLASSES, SKIPPED)
    return is_text or suffix(name) == ".xml"


def _names_classes(name: str) -> bool:
    return _file(name) in _CLASSES or suffix(name) in _NAMING


def _image_of(name: str, known: Mapping[str, str]) -> str | None:
    stem = _stem(name)
    return known.get(stem) or known.get(_UPLOADED.sub("", stem))


def _place(name: str) -> str:
    return name.partition("/")[0] if "/" in name else ""


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def _stem(name: str) -> str:
    file = _file(name)
    return file.rpartition(".")[0] or file
