"""What differs between the recipes of two rounds: settings by their place in the spec, and data."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from pydantic import JsonValue

from ymir.plan.snapshot import Version
from ymir.report.record import ProjectRecord, RoundRecord
from ymir.report.shown.origin import SpecChange
from ymir.spec.pins import dataset_of

_DIGITS = 12
_LONGEST = 200  # letters of a value

# Stage -> the settings that come from the spec -> their place in it; None: the setting's own name.
_PLACES: Mapping[str, Mapping[str, str | None]] = {
    "training": {"labels": None, "gates": None},
    "train": {"executor": "train.executor", "with": "train.with"},
    "mine": {
        "use": "mine.use",
        "with": "mine.with",
        "topk": "mine.topk",
        "seed": "mine.seed",
        "relabel": None,
    },
    "send": {"use": "label.use", "with": "label.with"},
}
_EXECUTOR = "executor"  # the name of its digest among a recipe's inputs


def spec_changes(
    project: ProjectRecord, now: RoundRecord, before: RoundRecord | None
) -> tuple[SpecChange, ...]:
    """Each setting that both rounds record, and that is another one now."""
    if before is None:
        return ()
    shared = now.versions.keys() & before.versions.keys()
    after, earlier = (_settings(project, each, shared) for each in (now, before))
    return tuple(
        SpecChange(path, earlier.get(path), after.get(path))
        for path in sorted({**earlier, **after})
        if earlier.get(path) != after.get(path)
    )


def _settings(project: ProjectRecord, each: RoundRecord, kinds: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in kinds:
        version = each.versions[kind]
        for name, place in _PLACES.get(kind, {}).items():
            found |= _flat(place or name, version.recipe.settings.get(name))
        found |= _datasets(project, version)
    if "train" in kinds:
        found |= _start(project, each)
        found |= _program(each.versions["train"])
    if "mine" in kinds and _is_cut_by_the_budget(project, each):
        found["mine.topk"] = str(project.spec.mine.topk)
    return found


def _flat(path: str, value: JsonValue) -> dict[str, str]:
    match value:
        case None:
            return {}
        case dict():
            return {
                place: said
                for name, each in value.items()
                for place, said in _flat(f"{path}.{name}", each).items()
            }
        case str():
            return {path: value[:_LONGEST]}
        case _:
            return {path: json.dumps(value, ensure_ascii=False)[:_LONGEST]}


def _start(project: ProjectRecord, each: RoundRecord) -> dict[str, str]:
    """What a training began from; a first round has no previous one, whatever the spec says."""
    settings = each.versions["train"].recipe.settings
    is_first = project.line(each.number)[0] is each
    if model := settings.get("model"):
        return {"train.start_from": str(model).removeprefix("model:")}
    asked = is_first and project.spec.train.start_from == "previous"
    return {"train.start_from": "previous" if asked or settings.get("previous") else "scratch"}


def _program(train: Version) -> dict[str, str]:
    digest = train.recipe.inputs.get(_EXECUTOR)
    return {"executor program": digest.removeprefix("sha256:")[:_DIGITS]} if digest else {}


def _datasets(project: ProjectRecord, version: Version) -> dict[str, str]:
    """The versions of the datasets that a stage consumed."""
    known = project.datasets.keys() | {name for name, _ in project.numbers}
    names = {dataset_of(name) for name in known}
    return {
        f"dataset {name}": _numbered(project, name, digest)
        for name, digest in sorted(version.recipe.content)
        if name in names
    }


def _numbered(project: ProjectRecord, name: str, digest: str) -> str:
    number = project.numbers.get((name, digest))
    return f"v{number}" if number else digest[:_DIGITS]


def _is_cut_by_the_budget(project: ProjectRecord, each: RoundRecord) -> bool:
    """A last batch may be smaller than the spec says, for want of labels to spend."""
    budget, topk = project.spec.goal.labels, each.versions["mine"].recipe.settings.get("topk")
    return budget is not None and topk == budget - project.labels_before(each.number)
