"""Whether another round would only repeat the one before."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from ymir.plan.history import count
from ymir.plan.relabel import CORRECTED
from ymir.plan.snapshot import Snapshot, Version
from ymir.plan.stage import RoundOf, Settings
from ymir.plan.world import UNREAD, World
from ymir.spec.pins import dataset_of
from ymir.spec.project import ProjectSpec


def brought_nothing(project: ProjectSpec, number: int, observed: Snapshot, world: World) -> bool:
    """True of a round whose batch came back without a label, when nothing else is new either.

    Answers that are taken in later, new training data, or other settings are something new.
    """
    place = RoundOf(project.name, number)
    label = observed.get(place.stage("label"))
    has_begun = RoundOf(project.name, number + 1).stage("training") in observed
    if label is None or has_begun or _has_labels(label):
        return False
    made = {kind: observed.get(place.stage(kind)) for kind in ("training", "train", "mine", "send")}
    return not any(
        (
            _has_new_data(made["training"], project, observed),
            _is_other(made["train"], _asked(project.train.executor, project.train.with_)),
            _has_new_program(made["train"], project, world),
            _is_other(made["mine"], {"use": project.mine.use, "with": dict(project.mine.with_)}),
            _is_other(made["send"], _sending(project)),
        )
    )


def _has_labels(label: Version) -> bool:
    known = any(count(label, fact) for fact in ("images", "labelled", "by_model"))
    return known or bool(label.facts.get(CORRECTED))


def _has_new_data(training: Version | None, project: ProjectSpec, observed: Snapshot) -> bool:
    """Whether the base set, or what is to be detected, is another than the round had."""
    if training is None:
        return False
    content = training.recipe.content
    names = project.data.training
    known = all(
        (dataset_of(name), observed[name].digest) in content for name in names if name in observed
    )
    return not known or training.recipe.settings.get("labels") != list(project.labels)


def _has_new_program(train: Version | None, project: ProjectSpec, world: World) -> bool:
    now = world.executors.get(project.train.executor, UNREAD)
    return train is not None and now not in (UNREAD, train.recipe.inputs.get("executor"))


def _asked(executor: str, parameters: Mapping[str, JsonValue]) -> Settings:
    return {"executor": executor, "with": dict(parameters)}


def _sending(project: ProjectSpec) -> Settings:
    label = project.label
    return {"use": label.use, "with": dict(label.with_), "instructions": label.instructions}


def _is_other(made: Version | None, asked: Settings) -> bool:
    if made is None:
        return False
    return any(made.recipe.settings.get(name) != value for name, value in asked.items())
