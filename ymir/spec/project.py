"""A project: the data, the goal, and how each part of a round is done."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, PositiveInt, model_validator

from ymir.spec.base import Name, Spec, Use
from ymir.spec.labels import ClassName

Share = Annotated[float, Field(gt=0, le=1)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(_listed), Field(min_length=1)]


class Data(Spec):
    """The datasets of a project; several for one part are put together."""

    training: Names
    validation: Names = Field(description="Scored every round, to watch; never trained on.")
    testing: Names = Field(description="Frozen: every round is judged on it.")
    mining: Names = Field(description="The pool that images are picked from.")


class Plateau(Spec):
    """Stop when `rounds` rounds in a row gained less than `gain` mAP."""

    rounds: PositiveInt = 2
    gain: float = Field(default=0.005, ge=0)


class Goal(Spec):
    """When to stop: what must be reached, and what may be spent."""

    map: Share | None = Field(default=None, description="COCO AP at IoU 0.5 on `testing`.")
    map_50_95: Share | None = Field(default=None, description="COCO AP averaged over IoU .5:.95.")
    per_class: dict[ClassName, Share] = Field(
        default_factory=dict, description="AP at IoU 0.5 that each class must reach."
    )
    counts: Literal["estimate", "lower_bound"] = Field(
        default="estimate",
        description="Compare the figure itself, or the lower end of its noise band.",
    )
    rounds: PositiveInt = Field(default=10, description="Stop after this many rounds.")
    labels: PositiveInt | None = Field(default=None, description="Stop when so many are bought.")
    plateau: Plateau | None = None

    @model_validator(mode="after")
    def _something_to_reach(self) -> Self:
        if self.map is None and self.map_50_95 is None and not self.per_class:
            raise ValueError("give at least one of `map`, `map_50_95` and `per_class`")
        return self


class Train(Spec):
    """How a model is trained."""

    executor: Name
    with_: dict[str, JsonValue] = Field(
        default_factory=dict, alias="with", description="The executor's own parameters."
    )
    start_from: Literal["scratch", "previous"] = Field(
        default="scratch", description="`previous`: start from the weights of the round before."
    )


class Mine(Use):
    """How images worth labelling are chosen from the pool."""

    topk: PositiveInt = Field(description="How many images to label in each round.")
    seed: int = 0


class Label(Use):
    """Who labels them."""


class ProjectSpec(Spec):
    """`Project`: train, judge, mine, label, merge, until the goal is met."""

    apiVersion: Literal["ymir/v1"]  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Project"]
    name: Name
    description: str = ""
    labels: tuple[ClassName, ...] = Field(min_length=1, description="The classes to detect.")
    data: Data
    goal: Goal
    train: Train
    mine: Mine
    label: Label
