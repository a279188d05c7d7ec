"""What `then` does to a dataset: one model per operation."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ymir.spec.base import Count, Seed, Share, Spec, exactly_one
from ymir.spec.complaints import Complaint, refuse
from ymir.spec.labels import KnownClass
from ymir.spec.mistakes import suggestion
from ymir.spec.pins import DatasetNames

_OP = "Which operation it is."
_GROUPS = ("balance", "ratio", "by")
_ROUNDING = 1e-6
_LOOKS = re.compile(r"\(\?(?:<?[=!]|P=|\()|\\[1-9]")  # what only backtracking can do


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _single(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)  # as recipes have it since version 1


Values = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    PlainSerializer(_single),
    Field(min_length=1, description="A value, or a list of values of which one is enough."),
]
Classes = tuple[KnownClass, ...]
Number = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
Key = Annotated[str, Field(min_length=1)]


class Filter(Spec):
    """Keep images, then boxes on them, by what is known of them; all that is given must hold."""

    op: Literal["filter"] = Field(description=_OP)
    images_with: Classes = Field(
        default=(), description="Keep only images that have a box of at least one of these classes."
    )
    images_without: Classes = Field(
        default=(), description="Keep only images that have no box of any of these classes."
    )
    tags: dict[str, Values] = Field(
        default_factory=dict,
        description="Keep only images that carry all of these tags; of a list, one value of it.",
    )
    exclude_tags: dict[str, Values] = Field(
        default_factory=dict, description="Drop images that carry one of these tags."
    )
    min_image_side: Count | None = Field(
        default=None, description="Drop images whose shorter side has fewer pixels."
    )
    labels: Classes = Field(
        default=(), description="Keep only boxes of these classes; an image left without stays."
    )
    exclude_labels: Classes = Field(default=(), description="Drop boxes of these classes.")
    attributes: dict[str, Values] = Field(
        default_factory=dict,
        description="Keep only boxes with all of these attributes; of a list, one value of it.",
    )
    exclude_attributes: dict[str, Values] = Field(
        default_factory=dict, description="Drop boxes that have one of these attributes."
    )
    min_side: Number | None = Field(
        default=None, description="Drop boxes whose shorter side has fewer pixels."
    )
    min_area: Number | None = Field(
        default=None, description="Drop boxes that cover fewer square pixels."
    )
    max_area: Number | None = Field(
        default=None, description="Drop boxes that cover more square pixels."
    )
    min_share: Share | None = Field(
        default=None, description="Drop boxes that cover a smaller share of their image."
    )
    max_share: Share | None = Field(
        default=None, description="Drop boxes that cover a larger share of their image."
    )
    max_aspect: Annotated[float, Strict(), Field(ge=1, allow_inf_nan=False)] | None = Field(
        default=None, description="Drop boxes whose longer side is more times the shorter one."
    )
    min_score: Share | None = Field(
        default=None, description="Drop predictions of a lower score; what has no score stays."
    )
    unlabelled: Literal["keep", "drop"] = Field(
        default="keep", description="What becomes of images without a box, at the end."
    )

    @field_validator("max_area", "max_share")
    @classmethod
    def _leaves_room(cls, most: float | None, info: ValidationInfo) -> float | None:
        name = str(info.field_name).replace("max", "min")
        least = info.data.get(name)
        if most is not None and least is not None and most < least:
            raise ValueError(f"is below `{name}`: no box is left")
        return most

    @field_validator("images_without")
    @classmethod
    def _leaves_images(cls, names: Classes, info: ValidationInfo) -> Classes:
        wanted = info.data.get("images_with", ())
        why = "is wanted by `images_with`, too"
        refuse(Complaint((i,), f"`{n}` {why}") for i, n in enumerate(names) if n in wanted)
        return names


class Sample(Spec):
    """Pick images at random, the same ones every time; give `count` or `share`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("count", "share"))

    op: Literal["sample"] = Field(description=_OP)
    count: Count | None = Field(default=None, description="How many images; fewer if there are.")
    share: Share | None = Field(default=None, description="Which share of the images.")
    balance: Literal["per_class"] | None = Field(
        default=None,
        description="As many images of each class as there are; one of several classes counts as "
        "the rarest, one without a box is not picked.",
    )
    ratio: dict[KnownClass, Number] = Field(
        default_factory=dict,
        description="So many images of one class for each of another, by the rarest of these on "
        "it; the ratio holds, if need be with fewer images.",
    )
    by: Key | None = Field(
        default=None,
        description="As many images of each value of this tag as there are; one without the tag "
        "is not picked.",
    )
    seed: Seed = 0

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.count is None) == (self.share is None):
            raise ValueError("give exactly one of `count` and `share`")
        if sum(bool(getattr(self, each)) for each in _GROUPS) > 1:
            raise ValueError("give at most one of `balance`, `ratio` and `by`")
        return self


class Split(Spec):
    """Keep one of several parts that share no image, whatever is added to the dataset later."""

    op: Literal["split"] = Field(description=_OP)
    parts: dict[Key, Share] = Field(
        description="The name of each part and its share; they add up to 1. Each image draws its "
        "part by itself, so shares are met as closely as chance has it.",
    )
    take: Key = Field(
        description="The part to keep; other datasets take the others, with the same `seed`."
    )
    by: Key | None = Field(
        default=None,
        description="Keep images together that have the same value of this tag, e.g. `camera`; "
        "one without the tag stands alone.",
    )
    seed: Seed = 0

    @field_validator("parts")
    @classmethod
    def _are_all(cls, parts: Mapping[str, float]) -> Mapping[str, float]:
        if len(parts) == 1:
            raise ValueError("must be two parts or more")
        total = sum(parts.values())
        if abs(total - 1) > _ROUNDING:
            raise ValueError(f"the shares add up to {total:g}, not to 1")
        return parts

    @field_validator("take")
    @classmethod
    def _is_a_part(cls, name: str, info: ValidationInfo) -> str:
        if name not in (parts := info.data.get("parts", {name: 1})):
            raise ValueError(f"`{name}` is none of the `parts`{suggestion(name, parts)}")
        return name


class Relabel(Spec):
    """Give boxes other classes, all at once."""

    op: Literal["relabel"] = Field(description=_OP)
    map: dict[KnownClass, KnownClass] = Field(
        default_factory=dict,
        description="The new class of a class; two that get the same one are merged.",
    )
    drop: Classes = Field(default=(), description="Drop boxes of these classes.")

    @field_validator("drop")
    @classmethod
    def _are_not_renamed(cls, names: Classes, info: ValidationInfo) -> Classes:
        renamed = info.data.get("map", {})
        why = "gets another name by `map`, too"
        refuse(Complaint((i,), f"`{n}` {why}") for i, n in enumerate(names) if n in renamed)
        return names


class Dedupe(Spec):
    """Keep one of several pictures that look alike, by their perceptual hashes."""

    op: Literal["dedupe"] = Field(description=_OP)
    distance: Annotated[int, Strict()] = Field(
        default=4,
        ge=0,
        le=16,
        description="In how many of the 64 bits pictures that look alike may differ.",
    )
    keep: Literal["first", "labelled"] = Field(
        default="first",
        description="Which one stays: the first of the dataset, or the first with a box.",
    )


class Exclude(Spec):
    """Drop every image that other datasets hold."""

    op: Literal["exclude"] = Field(description=_OP)
    datasets: DatasetNames = Field(min_length=1, description="The other datasets.")


class Tag(Spec):
    """Tag images by what stands in the names of their files; a tag that is there already stays."""

    op: Literal["tag"] = Field(description=_OP)
    file: Key = Field(
        description="A regular expression, searched in each file's name with its folders: its "
        "named groups are the tags, e.g. `(?P<camera>cam[0-9]+)_`; without look-around."
    )

    @field_validator("file")
    @classmethod
    def _names_tags(cls, pattern: str) -> str:
        try:
            names = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        if not names:
            raise ValueError("has no named group: write `(?P<camera>...)` around what is the tag")
        if _LOOKS.search(pattern):
            raise ValueError("has look-around or refers back to a group, which is not supported")
        return pattern


Op = Annotated[
    Filter | Sample | Split | Relabel | Dedupe | Exclude | Tag, Field(discriminator="op")
]
