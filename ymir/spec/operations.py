"""What `then` does to a dataset: one model per operation."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from ymir.spec.base import Count, Seed, Share, Spec, exactly_one
from ymir.spec.labels import KnownClass
from ymir.spec.pins import DatasetNames

_OP = "Which operation it is."


class Filter(Spec):
    """Keep images by their labels or tags."""

    op: Literal["filter"] = Field(description=_OP)
    labels: tuple[KnownClass, ...] = Field(
        default=(), description="Keep only boxes of these classes; an image left without stays."
    )
    exclude_labels: tuple[KnownClass, ...] = Field(
        default=(), description="Drop boxes of these classes."
    )
    tags: dict[str, str] = Field(
        default_factory=dict, description="Keep only images that carry all of these tags."
    )
    unlabelled: Literal["keep", "drop"] = Field(
        default="keep", description="What becomes of images without a box."
    )


class Sample(Spec):
    """Pick images at random, the same ones every time; give `count` or `share`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("count", "share"))

    op: Literal["sample"] = Field(description=_OP)
    count: Count | None = Field(default=None, description="How many images.")
    share: Share | None = Field(default=None, description="Which share of the images.")
    seed: Seed = 0

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.count is None) == (self.share is None):
            raise ValueError("give exactly one of `count` and `share`")
        return self


class Exclude(Spec):
    """Drop every image that other datasets hold."""

    op: Literal["exclude"] = Field(description=_OP)
    datasets: DatasetNames = Field(min_length=1, description="The other datasets.")


Op = Annotated[Filter | Sample | Exclude, Field(discriminator="op")]
