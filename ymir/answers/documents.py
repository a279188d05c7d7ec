"""What a JSON file is that people dropped, by its content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from ymir.errors import DataError
from ymir.layouts.documents import lists_in
from ymir.layouts.names import Names, NoImageError
from ymir.layouts.tasks import image_of

_COCO = frozenset({"images", "annotations"})


class Document(NamedTuple):
    """A file, what it is, and why it is no answer, if it is none.

    `unread` is one that holds no answers, and is no mistake either.
    """

    name: str
    kind: Literal["coco", "labelstudio", "unread"]
    problem: str | None = None


def document(folder: Path, name: str) -> Document:
    """What the file of that name is."""
    try:
        lists = lists_in(folder / name)
        first = next(iter(lists.get("", ())), None)
    except DataError as error:
        return Document(name, "unread", str(error))
    if "" in lists:
        if first is None or (isinstance(first, dict) and "data" in first):
            return Document(name, "labelstudio")
        return Document(name, "unread", "it is a list, but not one of tasks of Label Studio")
    if lists.keys() & _COCO:
        return Document(name, "coco")
    if lists.keys() == {"categories"}:  # Label Studio puts such a file beside YOLO
        return Document(name, "unread")
    return Document(name, "unread", "it is neither COCO nor an export of Label Studio")


def images_in(folder: Path, document: Document, known: Mapping[str, str]) -> Iterator[str]:
    """The images that a file has answers for, by name alone; raises where it is not whole.

    `known` has the images by what answers may call them.
    """
    if document.kind == "unread":
        return
    lists = lists_in(folder / document.name)
    if document.kind == "coco":
        called = [each.get("file_name") for each in lists.get("images", ()) if _is_row(each)]
        bare = [PurePosixPath(each).name for each in called if isinstance(each, str)]
        yield from (known[each] for each in bare if each in known)
    else:
        names = Names.of(known.values())
        for task in lists.get("", ()):
            if _is_row(task) and task.get("annotations") and isinstance(task.get("data"), dict):
                try:
                    yield image_of(task["data"], names)
                except NoImageError:
                    continue


def _is_row(each: object) -> bool:
    return isinstance(each, dict)
