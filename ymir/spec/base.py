"""What all spec models share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64),
    Field(description="Lower-case letters, digits and `-`."),
]


class Spec(BaseModel):
    """A frozen model that rejects unknown keys: a typo is an error, never a silent default."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Use(Spec):
    """A plugin by name, and the parameters it is called with."""

    use: Name
    with_: dict[str, JsonValue] = Field(
        default_factory=dict, alias="with", description="The plugin's own parameters."
    )
