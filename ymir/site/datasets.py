"""Datasets as the page shows them: what is in them, and what each version changed."""

from __future__ import annotations

from itertools import pairwise

from ymir.plan.history import count
from ymir.plan.recipes import recipe_change
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.standing import CURRENT, UNASKED, standings
from ymir.site.record import Compare, Placed, WorkspaceRecord, dataset_pointer
from ymir.site.shown import ClassCount, DatasetCard, VersionRow

_MOST_CLASSES = 6


def datasets(record: WorkspaceRecord, placed: Placed, compare: Compare) -> tuple[DatasetCard, ...]:
    """Those that are recorded, then those that the specs ask for and nobody has made."""
    states = standings(record.plan.steps)
    made = [name for name in record.observed if is_dataset(name)]
    missing = [name for name in record.catalogue.datasets if name not in made]
    return tuple(
        _card(record, name, states.get(name, UNASKED), placed, compare)
        for name in (*made, *missing)
    )


def is_dataset(name: str) -> bool:
    """Whether a name in a snapshot is that of a dataset, without a version."""
    return not {"/", "@", ":"} & set(name)


def versions_of(name: str, observed: Snapshot) -> list[Version]:
    """The versions of a dataset, the oldest first."""
    found = (each for key, each in observed.items() if key.startswith(f"{name}@v"))
    return sorted(found, key=lambda each: each.number)


def _card(
    record: WorkspaceRecord, name: str, state: str, placed: Placed, compare: Compare
) -> DatasetCard:
    versions = versions_of(name, record.observed)
    pairs = pairwise([None, *versions])
    rows = [_row(record, name, old, new, placed, compare) for old, new in pairs if new]
    spec = record.catalogue.datasets.get(name)
    classes = _classes(versions[-1]) if versions else []
    return DatasetCard(
        name=name,
        description=spec.description if spec else "",
        state=state if versions or state != UNASKED else "not made yet",
        is_current=state == CURRENT,
        versions=tuple(reversed(rows)),
        classes=tuple(classes[:_MOST_CLASSES]),
        classes_left_out=max(0, len(classes) - _MOST_CLASSES),
        pictures=placed.pictures.get(name, ()),
    )


def _row(
    record: WorkspaceRecord,
    name: str,
    old: Version | None,
    new: Version,
    placed: Placed,
    compare: Compare,
) -> VersionRow:
    pointer = dataset_pointer(name, new.number)
    return VersionRow(
        number=new.number,
        images=count(new, "images"),
        boxes=count(new, "boxes"),
        images_change=count(new, "images") - count(old, "images") if old else None,
        boxes_change=count(new, "boxes") - count(old, "boxes") if old else None,
        changes=compare(name, old, new) if old else (),
        why=tuple(recipe_change(old.recipe if old else None, new.recipe)),
        recorded=record.recorded(pointer),
        commit=record.commit(pointer),
        digest=new.digest,
        gallery=placed.galleries.get(f"{name}@v{new.number}"),
    )


def _classes(version: Version) -> list[ClassCount]:
    """Every class, that with most boxes first."""
    found = version.facts.get("per_class")
    counted = {
        label: number
        for label, number in (found if isinstance(found, dict) else {}).items()
        if isinstance(number, int)
    }
    most = max(counted.values(), default=0) or 1
    ordered = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    return [ClassCount(label, number, number / most) for label, number in ordered]
