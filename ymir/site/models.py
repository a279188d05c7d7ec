"""Models as the page shows them: the package of each round, and the imported ones."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from ymir.plan.history import number_in
from ymir.plan.models import model_name
from ymir.plan.snapshot import Facts, Version
from ymir.plan.stage import RoundOf
from ymir.report.words import plural
from ymir.site.projects import figure
from ymir.site.record import Placed, WorkspaceRecord, model_pointer, round_pointer
from ymir.site.shown import Figure, ModelRow

_NOTHING: Facts = {}


def models(record: WorkspaceRecord, placed: Placed) -> tuple[ModelRow, ...]:
    """Each round's, the newest first, then the versions of the imported ones."""
    rounds = sorted(_rounds(record), key=lambda each: (each.project, -each.number))
    return (
        *(_of_round(record, each, placed) for each in rounds),
        *(
            _imported(record, name, version, placed)
            for stage, version in record.observed.items()
            if "@v" in stage and (name := model_name(stage))
        ),
    )


def _rounds(record: WorkspaceRecord) -> Iterator[RoundOf]:
    for name in record.observed:
        place = RoundOf.of(name)
        if place and name == place.stage("package"):
            yield place


def _of_round(record: WorkspaceRecord, place: RoundOf, placed: Placed) -> ModelRow:
    def of(kind: str) -> Version | None:
        return record.observed.get(place.stage(kind))

    train, judge, proof = of("train"), of("judge"), of("prove")
    package = record.observed[place.stage("package")].facts
    says, is_proven = _proof(proof.facts if proof else None)
    scores = judge.facts if judge else _NOTHING
    strict = figure(scores, is_strict=True)
    return ModelRow(
        name=str(place),
        origin="round",
        figure=figure(scores),
        strict=strict.value if strict else None,
        is_ours=True,
        classes=_texts(train.recipe.settings.get("labels") if train else None),
        executor=str(train.recipe.settings.get("executor") or "" if train else ""),
        bytes=_whole(package.get("bytes")),
        sha256=_text(package.get("sha256")),
        proof=says,
        is_proven=is_proven,
        recorded=record.recorded(round_pointer(place.project, place.number)),
        package=placed.packages.get(str(place)),
        page=placed.pages.get(str(place)),
    )


def _imported(record: WorkspaceRecord, name: str, version: Version, placed: Placed) -> ModelRow:
    facts = version.facts
    said = facts.get("map")
    return ModelRow(
        name=name,
        origin="import",
        figure=Figure(float(said)) if isinstance(said, int | float) else None,
        strict=None,
        is_ours=False,
        classes=_texts(facts.get("class_names")),
        executor=str(facts.get("executor") or ""),
        bytes=_whole(facts.get("bytes")),
        sha256=_text(facts.get("sha256")),
        proof="not tried",
        is_proven=None,
        recorded=record.recorded(model_pointer(name.partition("@")[0], version.number)),
        package=placed.packages.get(name),
        page=None,
    )


def _proof(facts: Facts | None) -> tuple[str, bool | None]:
    """How the proof of a package ended, in a few words."""
    if facts is None:
        return "not tried", None
    if facts.get("holds"):
        return f"on {plural(number_in(facts, 'images'), 'image')}", True
    broken = facts.get("broken")
    return f"broken: {', '.join(_texts(broken))}", False


def _texts(value: JsonValue) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _whole(value: JsonValue) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None
