"""What a round's mining is told: the terms of the spec, and how far the goal is."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from ymir.plan.history import reals
from ymir.plan.snapshot import Version
from ymir.spec.mine import OWN_MINING
from ymir.spec.project import Goal, ProjectSpec

BLEND = "blend"  # the spec's `executor`, which is who runs the model in a stage's settings

# These do not look at the goal, so no edit of it is an edit of theirs.
UNSTEERED = (OWN_MINING, "random", "entropy", "margin", "least-confidence", "coreset", "hybrid")

_TERMS = {"control", "empty", "near", "groups", "executor", "chunk"}


def told(project: ProjectSpec, judge: Version | None) -> dict[str, JsonValue]:
    """Of limits and shares what is not as usual, and what the goal says to those who ask."""
    mine = project.mine
    said = mine.model_dump(mode="json", by_alias=True, include=_TERMS, exclude_defaults=True)
    terms = {BLEND if name == "executor" else name: value for name, value in said.items()}
    if mine.use in UNSTEERED or judge is None:
        return terms
    return {**terms, "shortfall": dict(shortfall(project.goal, reals(judge.facts["per_class"])))}


def shortfall(goal: Goal, per_class: Mapping[str, float]) -> dict[str, float]:
    """How far each class that was judged is below the floor that the goal sets; 0 above it."""
    floors = {label: goal.per_class.get(label, goal.map) for label in per_class}
    return {
        label: max(0.0, floor - per_class[label])
        for label, floor in floors.items()
        if floor is not None
    }
