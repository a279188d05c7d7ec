"""A dataset: imported from files, or derived from other datasets."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from ymir.spec.base import (
    ApiVersion,
    Count,
    Description,
    Name,
    Seed,
    Share,
    Spec,
    distinct,
    exactly_one,
)
from ymir.spec.labels import KnownClass
from ymir.spec.scope import checked, plugin, readable_path, refers_to

DatasetName = Annotated[Name, refers_to("Dataset")]
DatasetNames = Annotated[tuple[DatasetName, ...], AfterValidator(distinct)]
_OP = "Which operation it is."


class Source(Spec):
    """Files of a known format in a folder."""

    format: Annotated[Name, plugin("formats", "format")] = Field(
        description="How the files are laid out, e.g. `voc` or `coco`."
    )
    path: Annotated[str, checked(readable_path)] = Field(
        min_length=1,
        description=(
            "The folder, absolute or relative to the workspace; inside `paths` of `Workspace`."
        ),
    )
    unknown_labels: Literal["stop", "ignore", "add"] = Field(
        default="stop",
        description="A label that `Labels` does not know: stop, drop its boxes, or keep it as is.",
    )
    verify: Literal["header", "full"] = Field(
        default="header",
        description="`header`: check each image's header and end. `full`: decode every image.",
    )
    reject: Literal["stop", "skip"] = Field(
        default="stop",
        description="An unreadable image or annotation: stop, or skip it and say so.",
    )


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


class DatasetSpec(Spec):
    """Images with their boxes: `from` imports, `merge` derives, `then` refines either."""

    model_config = ConfigDict(json_schema_extra=exactly_one("from", "merge"))

    apiVersion: ApiVersion  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Dataset"] = Field(description="What this document describes.")
    name: Name = Field(description="How other specs refer to this dataset.")
    description: Description = ""
    from_: Source | None = Field(default=None, alias="from", description="Where to import from.")
    merge: DatasetNames = Field(default=(), description="Datasets to put together, in order.")
    on_conflict: Literal["first", "last", "stop"] = Field(
        default="stop",
        description="Two datasets label one image differently: which wins, or stop.",
    )
    then: tuple[Op, ...] = Field(default=(), description="Operations, in order.")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.from_ is None) == (not self.merge):
            raise ValueError("give exactly one of `from` and `merge`")
        return self

    @property
    def inputs(self) -> tuple[str, ...]:
        """The datasets this one is made from, each once."""
        excluded = [name for op in self.then if isinstance(op, Exclude) for name in op.datasets]
        return tuple(dict.fromkeys([*self.merge, *excluded]))
