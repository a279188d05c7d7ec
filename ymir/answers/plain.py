"""Answers as VOC, YOLO or COCO files, as label tools export them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath

from ymir.answers.dropped import PLACE, Dropped, Files, Sent
from ymir.answers.rows import Said
from ymir.contracts.format import Found, Listing, Partners, formats
from ymir.errors import DataError

_UNNAMED = (
    "nothing says which classes its numbers mean: put the `classes.txt` or `data.yaml` of your "
    "tool beside it (where you took the classes from classes.txt above, a copy of that)"
)


def voc(files: Dropped, sent: Files) -> Iterator[Said]:
    """An answer per XML file, also of one without objects."""
    yield from _doubled(files.voc, sent)
    of = {PLACE + image: names[0] for image, names in files.voc.items() if not names[1:]}
    listing = Listing(files.folder, tuple(of), tuple(of.values()), partners=Partners(of))
    yield from _answers("voc", listing, sent)


def yolo(files: Dropped, sent: Files) -> Iterator[Said]:
    """An answer per text file, also of one without lines."""
    yield from _doubled(files.yolo, sent)
    groups: dict[str | None, dict[str, str]] = {}
    for image, names in files.yolo.items():
        if not names[1:]:
            naming = _naming(names[0], files.classes)
            groups.setdefault(naming, {})[image] = names[0]
    for naming, of in groups.items():
        yield from _unnamed(files, of, sent) if naming is None else _named(files, naming, of, sent)


def coco(files: Dropped, document: str, sent: Files) -> Iterator[Said]:
    """An answer per image that a COCO file lists, also of one without annotations."""
    images = tuple(PLACE + name for name in sent)
    yield from _answers("coco", Listing(files.folder, images, (document,)), sent)


def _answers(name: str, listing: Listing, sent: Files, prefix: str = "") -> Iterator[Said]:
    """What a format reads, as answers; an image that nothing is said of is none."""
    try:
        for each in formats.load(name).read(listing):
            if each.annotation is not None or each.problem is not None:
                yield _said(each, sent, prefix)
    except DataError as error:
        yield Said("", prefix + listing.annotations[0], problem=str(error))


def _said(found: Found, sent: Files, prefix: str) -> Said:
    key = sent.get(found.image.removeprefix(PLACE), Sent("", 1))
    named = f"{prefix}{found.annotation}" if found.annotation else ""
    return Said(
        key.image,
        f"{named} ({found.image})" if named else found.image,
        found.objects,
        copy=key.copy,
        is_relative=found.is_relative,
        declared=found.declared,
        problem=found.problem,
    )


def _doubled(files: Mapping[str, Collection[str]], sent: Files) -> Iterator[Said]:
    """Images that have several files, of which nobody knows which one counts."""
    for image, names in files.items():
        if len(names) > 1:
            every = ", ".join(f"`{name}`" for name in names)
            problem = f"more than one file of this name: {every}"
            key = sent[image]
            yield Said(key.image, f"{PLACE}{image}", copy=key.copy, problem=problem)


def _naming(name: str, classes: Collection[str]) -> str | None:
    """The file that names the classes of a text file: the nearest one above it."""
    for folder in PurePosixPath(name).parents:
        beside = [each for each in classes if PurePosixPath(each).parent == folder]
        if beside:
            return min(beside, key=lambda each: (not each.endswith((".yaml", ".yml")), each))
    return None


def _named(files: Dropped, naming: str, of: Mapping[str, str], sent: Files) -> Iterator[Said]:
    """What text files say whose classes have names."""
    prefix = naming.removesuffix(PurePosixPath(naming).name)
    up = {PLACE + image: name.removeprefix(prefix) for image, name in of.items()}
    names = (naming.removeprefix(prefix), *up.values())
    listing = Listing(files.folder / prefix, tuple(up), names, partners=Partners(up))
    yield from _answers("yolo", listing, sent, prefix)


def _unnamed(files: Dropped, of: Mapping[str, str], sent: Files) -> Iterator[Said]:
    """Without classes, an empty text file says all the same that there is nothing."""
    full = [image for image, name in of.items() if (files.folder / name).stat().st_size]
    for image, name in of.items():
        if image not in full[1:]:  # one of them is enough to tell
            key, problem = sent[image], _UNNAMED if image in full else None
            yield Said(key.image, f"{name} ({PLACE}{image})", copy=key.copy, problem=problem)
