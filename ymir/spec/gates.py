"""What a project will not let pass."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Strict

from ymir.spec.base import Spec, distinct

Action = Literal["block", "exclude", "warn"]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


TagKey = Annotated[str, Strict(), Field(min_length=1)]
TagKeys = Annotated[
    tuple[TagKey, ...],
    BeforeValidator(_listed, json_schema_input_type=TagKey | list[TagKey]),
    AfterValidator(distinct),
    Field(min_length=1),
]


class Near(Spec):
    """Training images that look like one of `testing` or `validation`, by perceptual hash."""

    then: Literal["block", "exclude", "warn", "ignore"] = Field(
        default="warn",
        description="`block`: stop with a list; `exclude`: train without them, and pick none like "
        "them from the pool; `warn`: say so in the report; `ignore`: do not look.",
    )
    distance: Annotated[int, Strict()] = Field(
        default=4, ge=0, le=8, description="In how many of 64 bits their hashes may differ."
    )


class Groups(Spec):
    """Training images that share a tag's value with one of `testing` or `validation`."""

    by: TagKeys = Field(description="The tag, or tags, e.g. `camera` or `recording`.")
    then: Action = Field(
        default="block",
        description="`block`: stop with a list; `exclude`: train without them, and pick none of "
        "their groups from the pool; `warn`: say so in the report.",
    )


class Gates(Spec):
    """What stops a round, or is left out of it, so that its figures mean what they say."""

    leakage: Action = Field(
        default="block",
        description="Training images that are in `testing` or `validation`, too. `block`: stop "
        "with a list; `exclude`: train without them; `warn`: say so in the report. Even then, what "
        "is in `testing` is not trained on.",
    )
    near: Near = Field(default_factory=Near)
    groups: Groups | None = Field(
        default=None,
        description="Training images that share a tag's value with one of `testing` or "
        "`validation`.",
    )
    package: Literal["block", "warn", "ignore"] = Field(
        default="block",
        description="Each round's package is opened, loaded and run before anybody relies on it. "
        "`block`: stop when it is not what it promises; `warn`: say so in the report; `ignore`: "
        "do not try.",
    )
    regression: Literal["block", "warn", "ignore"] = Field(
        default="warn",
        description="Classes whose AP fell by more than noise since the round before. `block`: "
        "nobody labels for the next round until this is edited; `warn`: say so in the report; "
        "`ignore`: do not look.",
    )
