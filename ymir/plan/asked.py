"""What a project asks for, part by part, as recipes hold it."""

from __future__ import annotations

from pydantic import JsonValue

from ymir.spec.gates import Gates
from ymir.spec.label import Label
from ymir.spec.project import ProjectSpec


def gates_of_training(gates: Gates) -> dict[str, JsonValue]:
    """The gates that a round keeps from its beginning on; a regression is judged at its end."""
    return gates.model_dump(mode="json", exclude={"regression"})


def slices_of(project: ProjectSpec) -> dict[str, JsonValue]:
    """The parts of the testing set that its reports show, without what is left out."""
    slices = project.report.slices.items()
    return {name: each.model_dump(mode="json", exclude_defaults=True) for name, each in slices}


def sending(label: Label) -> dict[str, JsonValue]:
    """What a project says of how its batches are sent."""
    told = given(label, "review", "instructions", "suggestions")
    return {**tool_of(label), **told}


def tool_of(label: Label) -> dict[str, JsonValue]:
    """What hands its batches to people, and how."""
    return {"use": label.use, "with": dict(label.with_)}


def given(label: Label, *names: str) -> dict[str, JsonValue]:
    """What a project says of its labelling, without what it leaves as it is."""
    return label.model_dump(mode="json", include=set(names), exclude_defaults=True)
