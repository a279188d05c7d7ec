"""How images worth labelling are chosen from the pool."""

from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    JsonValue,
    Strict,
    ValidationInfo,
    field_validator,
)

from ymir.spec.base import Count, Name, Seed, Spec, Use, distinct
from ymir.spec.scope import plugin

OWN_MINING = "executor"  # `mine: {use: executor}`: the executor's own mining, not a plugin

Part = Annotated[float, Strict(), Field(ge=0, lt=1)]
Key = Annotated[str, Field(min_length=1)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Keys = Annotated[
    tuple[Key, ...],
    BeforeValidator(_listed, json_schema_input_type=Key | list[Key]),
    AfterValidator(distinct),
    Field(min_length=1),
]


class Spread(Spec):
    """At most so many images of one group, such as a camera or a recording, in a batch."""

    by: Keys = Field(description="The tag, or tags, that say which group an image is of.")
    most: Count = Field(default=5, description="How many images of one group a batch may have.")


class Blend(Spec):
    """The executor's own `mine` scores, such as ALDD or CALD of YMIR's images, beside ours."""

    weight: Annotated[float, Strict()] = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="How much they count: the share of an image's place among all by them, the "
        "rest by the strategy's own score.",
    )
    with_: dict[str, JsonValue] = Field(
        default_factory=dict, alias="with", description="The executor's own parameters."
    )


class Mine(Use):
    """How images worth labelling are chosen from the pool."""

    plugins: ClassVar[str] = "mining"

    use: Annotated[Name, plugin("mining", "mining strategy", besides=(OWN_MINING,))] = Field(
        default="hybrid", description="A mining strategy, or `executor` for the executor's own."
    )
    topk: Count = Field(description="How many images to label in each round.")
    seed: Seed = 0
    control: Part = Field(
        default=0.0,
        description="This share of each batch is picked by lot, to see whether mining pays.",
    )
    empty: Part = Field(
        default=0.0,
        description="This share of each batch are images in which the model finds nothing, as "
        "negatives.",
    )
    near: Annotated[int, Strict()] | None = Field(
        default=4,
        ge=0,
        le=8,
        description="Of images that look alike, one is picked: perceptual hashes that differ in at "
        "most so many bits of 64. `null`: all may be picked.",
    )
    groups: Spread | None = Field(
        default=None, description="At most so many images of one camera or recording in a batch."
    )
    executor: Blend | None = Field(
        default=None, description="The executor's own scores count, too."
    )
    chunk: Count | None = Field(
        default=None,
        description="Look at so many images of the pool in each round, other ones each time, "
        "instead of all.",
    )
    shard: Count = Field(
        default=10_000,
        description="How many images one job looks at. It changes how the work is divided, and "
        "nothing of what is picked.",
    )

    @field_validator("empty")
    @classmethod
    def _leaves_room(cls, value: float, given: ValidationInfo) -> float:
        if value + given.data.get("control", 0.0) >= 1:
            raise ValueError("`control` and `empty` leave nothing to be mined; together below 1")
        return value
