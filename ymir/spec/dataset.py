"""A dataset: imported from files, or derived from other datasets."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from ymir.spec.base import ApiVersion, Description, Flag, Name, Spec, Suspend, exactly_one
from ymir.spec.operations import Exclude, Op
from ymir.spec.pins import DatasetNames
from ymir.spec.source import Source


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
    protect: Flag = Field(default=False, description="Never prune a version of it.")
    suspend: Suspend = False

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
