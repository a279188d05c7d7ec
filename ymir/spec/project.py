"""A project: the data, the goal, and how each part of a round is done."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ymir.spec.base import (
    ApiVersion,
    Count,
    Description,
    Flag,
    Name,
    Share,
    Spec,
    Suspend,
    distinct,
)
from ymir.spec.complaints import Complaint, refuse
from ymir.spec.gates import Gates
from ymir.spec.label import Label
from ymir.spec.labels import KnownClass
from ymir.spec.mine import OWN_MINING, Mine
from ymir.spec.mistakes import suggestion
from ymir.spec.model import SCRATCH, STARTS
from ymir.spec.parameters import of_executor
from ymir.spec.pins import DatasetName, dataset_of
from ymir.spec.report import Report
from ymir.spec.scope import Scope, checked, list_of_images, refers_to, scope_of

_UNSEEN = "the goal is judged on images that no model has seen"
_KEPT_APART = {
    "validation": {"training": "a score on images that were trained on says nothing"},
    "testing": {"training": _UNSEEN, "validation": _UNSEEN},
    "mining": {"testing": _UNSEEN},
}


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    tuple[DatasetName, ...],
    BeforeValidator(_listed, json_schema_input_type=DatasetName | list[DatasetName]),
    AfterValidator(distinct),
    Field(min_length=1),
]


class Data(Spec):
    """The datasets of a project; several for one part are put together."""

    training: Names = Field(description="What the first model is trained on.")
    validation: Names = Field(description="Scored every round, to watch; never trained on.")
    testing: Names = Field(description="Frozen: every round is judged on it.")
    mining: Names = Field(description="The pool that images are picked from.")

    @field_validator("validation", "testing", "mining")
    @classmethod
    def _judged_on_other_images(
        cls, names: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        refuse(
            Complaint((i,), f"`{dataset_of(name)}` is also used for {part}: {why}")
            for part, why in _KEPT_APART[str(info.field_name)].items()
            for i, name in enumerate(names)
            if dataset_of(name) in map(dataset_of, info.data.get(part, ()))
        )
        return names


class Plateau(Spec):
    """Stop when each of `rounds` rounds in a row gained less than `gain` mAP."""

    rounds: Count = Field(default=2, description="How many rounds in a row.")
    gain: Annotated[float, Strict()] = Field(
        default=0.005, ge=0, le=1, description="The mAP that each of them would have to gain."
    )


class Goal(Spec):
    """When to stop: what must be reached, and what may be spent."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [{"anyOf": [{"required": [one]} for one in ("map", "map_50_95", "per_class")]}]
        }
    )

    map: Share | None = Field(default=None, description="COCO AP at IoU 0.5 on `testing`.")
    map_50_95: Share | None = Field(
        default=None, description="COCO AP averaged over IoU 0.5 to 0.95 on `testing`."
    )
    per_class: dict[KnownClass, Share] = Field(
        default_factory=dict, description="AP at IoU 0.5 that each class must reach."
    )
    counts: Literal["estimate", "lower_bound"] = Field(
        default="estimate",
        description="Compare the figure itself, or the lower end of its noise band.",
    )
    rounds: Count = Field(default=10, description="Stop after this many rounds.")
    labels: Count | None = Field(
        default=None, description="Stop when so many images have been labelled."
    )
    gpu_hours: Annotated[float, Strict()] | None = Field(
        default=None,
        gt=0,
        description="Stop when executors have held GPUs for so many hours: two GPUs for one hour "
        "are two. A round that has begun is finished.",
    )
    plateau: Plateau | None = Field(default=None, description="Stop when nothing is gained.")

    @model_validator(mode="after")
    def _something_to_reach(self) -> Self:
        if self.map is None and self.map_50_95 is None and not self.per_class:
            raise ValueError("give at least one of `map`, `map_50_95` and `per_class`")
        return self


def _start(scope: Scope, written: str) -> Iterable[Complaint]:
    """Check what a training starts from: a word, or the name of a `Model`."""
    models = scope.names.get("Model")
    if models is not None and dataset_of(written) not in {*STARTS, *models}:
        near = suggestion(written, {*STARTS, *models})
        yield Complaint((), f"no Model is called `{written}`{near}")


StartFrom = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}(@v[1-9][0-9]*)?$"),
    Field(
        json_schema_extra={
            "patternErrorMessage": "`scratch`, `previous`, a model's `name` or `name@v2`",
            "examples": [*STARTS],
        }
    ),
    checked(_start),
]


class Train(Spec):
    """How a model is trained."""

    executor: Annotated[Name, refers_to("Executor")] = Field(
        description="The `Executor` that trains, and that predicts with what it trained."
    )
    with_: dict[str, JsonValue] = Field(
        default_factory=dict,
        alias="with",
        description="The executor's own parameters.",
        validate_default=True,
    )
    start_from: StartFrom = Field(
        default=SCRATCH,
        description="`scratch`; `previous`: each round starts from the weights of the one before, "
        "the first from scratch; or a `Model`, as `name` or `name@v2`: every round starts from it.",
    )

    @field_validator("with_")
    @classmethod
    def _fit_the_executor(
        cls, given: dict[str, JsonValue], info: ValidationInfo
    ) -> dict[str, JsonValue]:
        scope = scope_of(info)
        if scope and "executor" in info.data:
            refuse(of_executor(scope, info.data["executor"], "training", given))
        return given


Picked = Annotated[str, StringConstraints(min_length=1), checked(list_of_images)]
Lists = Annotated[
    tuple[Picked, ...],
    BeforeValidator(_listed, json_schema_input_type=Picked | list[Picked]),
    AfterValidator(distinct),
    Field(min_length=1),
]


Most = Annotated[int, Strict(), Field(ge=0, le=10_000)]


class Relabelling(Spec):
    """Images that go back to people with the next batch, ahead of those that are mined.

    All of them count as labels: never more go out than `goal.labels` has left.
    """

    images: Lists | None = Field(
        default=None,
        description="A file in the workspace, or several, that list images by their digests, one "
        "per line, as a report exports its selection; `#` begins a comment. They may be of any "
        "dataset of the project, or of an earlier batch; each goes back once.",
    )
    suspicious: Most = Field(
        default=0,
        description="How many images with suspicious labels ride in each batch: those of the "
        "testing and validation sets whose labels a confident model contradicts, surest first.",
    )
    new_classes: Most = Field(
        default=20,
        description="How many images that were labelled before a class was added ride in each "
        "batch: those on which the model is surest to find it.",
    )


class ProjectSpec(Spec):
    """A goal and the way to it: train, judge, mine, label, merge, until the goal is met."""

    apiVersion: ApiVersion  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Project"] = Field(description="What this document describes.")
    name: Name = Field(description="The project's name in plans, tags, folders and reports.")
    description: Description = ""
    labels: Annotated[tuple[KnownClass, ...], AfterValidator(distinct)] = Field(
        min_length=1, description="The classes to detect."
    )
    data: Data
    goal: Goal
    train: Train
    mine: Mine
    label: Label
    relabel: Relabelling = Field(default_factory=Relabelling)
    gates: Gates = Field(default_factory=Gates)
    report: Report = Field(default_factory=Report)
    protect: Flag = Field(
        default=False,
        description="Refuse what takes its rounds away or sets them aside: `ymir apply --restart`, "
        "`ymir rollback`, `ymir prune`.",
    )
    suspend: Suspend = False

    @field_validator("goal")
    @classmethod
    def _goal_is_for_its_classes(cls, goal: Goal, info: ValidationInfo) -> Goal:
        labels = info.data.get("labels", goal.per_class)
        strange = [name for name in goal.per_class if name not in labels]
        why = "is not among the `labels` of the project"
        refuse(Complaint(("per_class", name), why, at_key=True) for name in strange)
        return goal

    @field_validator("mine")
    @classmethod
    def _executor_can_mine(cls, mine: Mine, info: ValidationInfo) -> Mine:
        scope, train = scope_of(info), info.data.get("train")
        if scope and train and mine.use == OWN_MINING:
            found = of_executor(scope, train.executor, "mining", mine.with_)
            refuse(
                replace(each, path=("with", *each.path) if each.path else ("use",))
                for each in found
            )
        return mine
