"""What a project's reports show besides what they always do."""

from typing import Annotated, Literal

from pydantic import Field, Strict, StringConstraints

from ymir.spec.base import Spec
from ymir.spec.operations import Filter

SliceName = Annotated[str, Strict(), StringConstraints(min_length=1, max_length=60)]


class Slice(Filter):
    """A part of the testing set: what a filter leaves of its images, and of the boxes on them."""

    op: Literal["filter"] = Field(default="filter", description="May be left out.")


class Report(Spec):
    """What the reports of a project show besides what they always do."""

    slices: dict[SliceName, Slice] = Field(
        default_factory=dict,
        description="Parts of the testing set, by name, that get a figure of their own; each is a "
        "filter. Boxes that it drops are ignored there: neither missed nor wrong to find.",
    )
