"""What people said of the images of a batch, read from the JSON export of its project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ymir.answers.rows import Said
from ymir.data.answers import LABELLED, REJECTED, SKIPPED
from ymir.labelstudio.settings import Settings
from ymir.labelstudio.tasks import Key, key_of
from ymir.layouts.masks import MaskError
from ymir.layouts.regions import Region, Row, dicts_in, regions_of, size_of, unread
from ymir.layouts.shapes import Drawn, drawn
from ymir.layouts.written import WrittenError

_GONE = "deleted in Label Studio"
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reading:
    """How answers are read: by which rules, of images of which size, and who is who."""

    settings: Settings
    sizes: Mapping[str, tuple[int, int]]
    people: Mapping[int, str]  # id -> e-mail
    link: Callable[[object], str]  # of a task, for people


def said_in(tasks: Iterable[Row], reading: Reading) -> list[Said]:
    """Every answer to images that were sent, the newest of each image first."""
    found: list[tuple[datetime, Said]] = []
    for task in tasks:
        key = key_of(task)
        if key is not None and key[0] in reading.sizes:
            found += _of_task(task, key, reading)
    found.sort(key=lambda each: (each[1].image, each[1].copy, -each[0].timestamp()))
    return [each for _, each in found]


def deleted(sent: Sequence[Key], tasks: Iterable[Row], said: Iterable[Said]) -> list[Said]:
    """A rejected answer for each task that is gone, unless its image may yet have another one."""
    there = {key_of(task) for task in tasks}
    gone = [key for key in sent if key not in there]
    open_images = {key[0] for key in sent if key in there} - {each.image for each in said}
    return [
        Said(image, _GONE, copy=copy, state=REJECTED, why=_GONE)
        for image, copy in gone
        if image not in open_images
    ]


def _of_task(task: Row, key: Key, reading: Reading) -> list[tuple[datetime, Said]]:
    """The answers to a task; skips count only where there is nothing else."""
    where = reading.link(task.get("id"))
    try:
        given = dicts_in(task.get("annotations"))
    except WrittenError as error:
        return [(_NEVER, Said(key[0], where, problem=str(error)))]
    whole = [each for each in given if not each.get("was_cancelled")]
    return [(_time(each), _answer(each, key, where, reading)) for each in whole or given]


def _answer(given: Row, key: Key, where: str, reading: Reading) -> Said:
    person, at = _person(given.get("completed_by"), reading.people), _time(given)
    seconds = given.get("lead_time")
    meta: Mapping[str, Any] = {
        "image": key[0],
        "copy": key[1],
        "source": f"{where} ({person or 'nobody knows who'})",
        "by": person,
        "at": None if at == _NEVER else at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seconds": float(seconds) if isinstance(seconds, int | float) else None,
        "star": bool(given.get("ground_truth")),
    }
    if given.get("was_cancelled"):
        return Said(**meta, state=SKIPPED)
    try:
        return Said(**meta, **_read(dicts_in(given.get("result")), key[0], reading))
    except (WrittenError, MaskError) as error:
        return Said(**meta, problem=str(error))


def _read(results: Sequence[Row], image: str, reading: Reading) -> Mapping[str, Any]:
    """The boxes of an answer, and what became of the rest."""
    regions = regions_of(results)
    size = size_of(results)
    if size and size != reading.sizes[image]:
        shown, ours = ("x".join(map(str, each)) for each in (size, reading.sizes[image]))
        raise WrittenError(f"it is for an image of {shown} pixels, but this one has {ours}")
    notes = Counter(f"ignored: {what}" for what in unread(regions).elements())
    objects = []
    for region in regions:
        if region.shape is None:
            continue
        rule, shape = _ruled(region, reading.settings)
        if rule == "reject":
            return {"state": REJECTED, "why": f"{_kind(region)}, which the spec rejects"}
        notes.update([f"{rule}: {_kind(region)}"] if rule else [])
        box = _cut(shape, reading.sizes[image])
        if box is None:
            notes["dropped: a box without area"] += 1
        else:
            objects.append(region.as_object((shape[0], box)))
    why = ", ".join(f"{what} ({count})" for what, count in sorted(notes.items()))
    return {"state": LABELLED, "objects": objects, "why": why or None}


def _ruled(region: Region, settings: Settings) -> tuple[str, Drawn]:
    """The shape as the spec wants it, and which rule was needed; none for an upright rectangle."""
    mask, box = drawn(region.kind, region.shape or {})
    turned = settings.rotated if _is_turned(region) else ""
    rule = turned if region.kind == "rectangle" else settings.polygons
    return rule, (mask if rule in ("polygon", "mask") else None, box)


def _is_turned(region: Region) -> bool:
    value = (region.shape or {}).get("value") or {}
    return bool((value.get("rotation") or 0) % 360)


def _kind(region: Region) -> str:
    return "a turned rectangle" if region.kind == "rectangle" else f"a {region.kind}"


def _cut(shape: Drawn, size: tuple[int, int]) -> tuple[float, ...] | None:
    """The box of a shape as far as it lies on the image; None where nothing does."""
    x, y, w, h = shape[1]
    left, right = (min(max(side, 0.0), size[0]) for side in (x, x + w))
    top, bottom = (min(max(side, 0.0), size[1]) for side in (y, y + h))
    return (left, top, right - left, bottom - top) if right > left and bottom > top else None


def _person(written: object, people: Mapping[int, str]) -> str | None:
    """The e-mail of who answered, or else the number that the server has for them."""
    if isinstance(written, dict):
        written = written.get("email") or written.get("id")
    if isinstance(written, int):
        return people.get(written, str(written))
    return str(written) if written else None


def _time(given: Row) -> datetime:
    """When an answer was last changed."""
    try:
        found = datetime.fromisoformat(str(given.get("updated_at") or given.get("created_at")))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # also a year before the first one
        return _NEVER
