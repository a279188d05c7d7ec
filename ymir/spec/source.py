"""Where an imported dataset comes from, and how strictly it is read."""

from typing import Annotated, Literal

from pydantic import Field

from ymir.spec.base import Name, Spec
from ymir.spec.scope import checked, plugin, readable_path


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
