"""What was edited since the newest round, and what each edit changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from ymir.plan.asked import gates_of_training, sending, slices_of
from ymir.plan.history import generation_of
from ymir.plan.models import model_name
from ymir.plan.rounds import Unrolled
from ymir.plan.snapshot import Recipe, Snapshot
from ymir.plan.stage import RoundOf
from ymir.plan.world import UNREAD, World
from ymir.spec.gates import Gates
from ymir.spec.model import PREVIOUS, SCRATCH
from ymir.spec.pins import dataset_of
from ymir.spec.project import ProjectSpec

_AT_FIRST = "warn"  # the gate of reports from before there was one

Category = Literal["pointer", "forward", "re-judge", "retrain"]

EFFECTS: Mapping[Category, str] = {
    "pointer": "the decision is taken again; nothing is recomputed",
    "forward": "holds from the next round on",
    "re-judge": "sealed models are scored again, without training",
    "retrain": "needs a new generation: `ymir apply --restart {project} --allow retrain`",
}


@dataclass(frozen=True)
class Edit:
    """One change, in words, and what it does to what exists."""

    project: str
    category: Category
    what: str
    also: str = ""  # what else this one does

    @property
    def effect(self) -> str:
        """What the category means, and what the edit does besides."""
        effect = EFFECTS[self.category].format(project=self.project)
        return f"{effect}; {self.also}" if self.also else effect


def edits(unrolled: Unrolled, observed: Snapshot, world: World) -> Iterator[Edit]:
    """Compare the specs of a project with the newest recipes of each kind of stage."""
    project = unrolled.project
    newest = {kind: _newest(unrolled, kind, observed) for kind in ("training", "train", "mine")}
    found: list[tuple[Category, Iterator[str]]] = [
        ("pointer", _shown(project, observed)),
        ("re-judge", _scored(project, _newest(unrolled, "judge", observed), observed, world)),
    ]
    if train := newest["train"]:
        asked: dict[str, JsonValue] = {
            "executor": project.train.executor,
            "with": dict(project.train.with_),
        }
        found.append(("forward", _differing("train", _part(train, asked), asked)))
        start = _start(unrolled, train, observed)
        found.append(("forward", _differing("train.start_from", start, project.train.start_from)))
        found.append(("forward", _program(train, project.train.executor, world)))
    if mine := newest["mine"]:
        asked = {"use": project.mine.use, "with": dict(project.mine.with_)}
        if project.goal.labels is None:
            asked["topk"] = project.mine.topk
        found.append(("forward", _differing("mine", _part(mine, asked), asked)))
    if training := newest["training"]:
        found.append(("forward", _changed_data(training, project.data.training, observed)))
        begun = training.settings.get("gates")
        gates = {**gates_of_training(Gates()), **(begun if isinstance(begun, dict) else {})}
        found.append(("forward", _differing("gates", gates, gates_of_training(project.gates))))
    if send := _newest(unrolled, "send", observed):
        asked = sending(project.label)
        found.append(("forward", _differing("label", _sent(send), asked)))
    for category, differences in found:
        yield from (Edit(project.name, category, what) for what in differences)
    yield from _classes(project, newest["training"])


def _shown(project: ProjectSpec, observed: Snapshot) -> Iterator[str]:
    """What decides, and what reports show: compared with the newest report."""
    report = observed.get(f"{project.name}/report")
    if report is None:
        return
    before = report.recipe.settings
    yield from _differing("goal", before.get("goal"), project.goal.model_dump(mode="json"))
    regression = before.get("regression", _AT_FIRST)
    yield from _differing("gates.regression", regression, project.gates.regression)
    yield from _differing("report.slices", before.get("slices"), slices_of(project))


def _scored(
    project: ProjectSpec, judge: Recipe | None, observed: Snapshot, world: World
) -> Iterator[str]:
    """What rounds are scored by, and on: compared with the newest scores."""
    if judge is None:
        return
    yield from _differing("evaluator", judge.settings.get("evaluator"), world.evaluator)
    names = (*project.data.testing, *project.data.validation)
    yield from _changed_data(judge, names, observed)


def _classes(project: ProjectSpec, training: Recipe | None) -> Iterator[Edit]:
    """The classes that came, and what becomes of images without their labels; those that went."""
    if training is None:
        return
    before = training.settings.get("labels")
    known = [str(each) for each in before] if isinstance(before, list) else []
    most = project.relabel.new_classes
    some = (
        "1 image labelled before it goes" if most == 1 else f"{most} images labelled before it go"
    )
    again = f"up to {some} back with each batch" if most else ""
    for added in (each for each in project.labels if each not in known):
        yield Edit(project.name, "forward", f"class {added} added", again)
    for gone in (each for each in known if each not in project.labels):
        yield Edit(project.name, "retrain", f"class {gone} removed")


def _start(unrolled: Unrolled, train: Recipe, observed: Snapshot) -> str:
    """What the newest training began from; the first of a generation has no previous one."""
    if model := train.settings.get("model"):
        return model_name(str(model)) or str(model)
    if train.settings.get("previous"):
        return PREVIOUS
    asked, name = unrolled.project.train.start_from, unrolled.project.name
    number = _newest_number(unrolled, "train", observed)
    before, own = (generation_of(name, each, observed) for each in (number - 1, number))
    is_first = number == 1 or before != own
    return asked if is_first and asked == PREVIOUS else SCRATCH


def _newest(unrolled: Unrolled, kind: str, observed: Snapshot) -> Recipe | None:
    number = _newest_number(unrolled, kind, observed)
    return observed[_stage(unrolled, number, kind)].recipe if number else None


def _newest_number(unrolled: Unrolled, kind: str, observed: Snapshot) -> int:
    """The newest round that has such a stage; 0 where none does."""
    numbers = range(unrolled.round, 0, -1)
    return next((n for n in numbers if _stage(unrolled, n, kind) in observed), 0)


def _stage(unrolled: Unrolled, number: int, kind: str) -> str:
    return RoundOf(unrolled.project.name, number).stage(kind)


def _sent(send: Recipe) -> dict[str, JsonValue]:
    """What the specs said of the labelling of the newest batch."""
    return {k: v for k, v in send.settings.items() if k not in ("labels", "executor")}


def _part(recipe: Recipe, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: recipe.settings.get(key) for key in asked}


def _differing(name: str, before: JsonValue, now: JsonValue) -> Iterator[str]:
    """`goal.map: 0.85 → 0.9`, for each value that differs."""
    fields_before, fields = _fields(before), _fields(now)
    if fields_before is not None and fields is not None:
        for key in fields_before | fields:
            yield from _differing(f"{name}.{key}", fields_before.get(key), fields.get(key))
    elif before != now:
        yield f"{name}: {_say(before)} → {_say(now)}"


def _fields(value: JsonValue) -> dict[str, JsonValue] | None:
    """Of something that is not there, no fields; None of what cannot have any."""
    if value is None:
        return {}
    return value if isinstance(value, dict) else None


def _program(train: Recipe, executor: str, world: World) -> Iterator[str]:
    same = train.settings.get("executor") == executor
    now = world.executors.get(executor)
    if same and now != UNREAD and train.inputs.get("executor") != now:
        yield f"the program of executor {executor} changed"


def _changed_data(recipe: Recipe, names: tuple[str, ...], observed: Snapshot) -> Iterator[str]:
    for name in names:
        dataset = dataset_of(name)
        if name in observed and (dataset, observed[name].digest) not in recipe.content:
            yield f"dataset {dataset} is now v{observed[name].number}"


def _say(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "nothing" if value is None else str(value)
