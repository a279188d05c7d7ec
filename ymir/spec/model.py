"""A model that was trained elsewhere: imported to start from, or to run."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

from ymir.spec.addresses import data_address
from ymir.spec.base import ApiVersion, Description, Flag, Name, Spec, Suspend, exactly_one
from ymir.spec.scope import checked, refers_to
from ymir.spec.source import ReadablePath, Sha256

SCRATCH, PREVIOUS = "scratch", "previous"
STARTS = (SCRATCH, PREVIOUS)  # words that no model may be called by


def _own_name(value: object) -> object:
    if value in STARTS:
        raise ValueError(f"`{value}` has a meaning of its own in `train: start_from`")
    return value


def _source_schema(schema: JsonDict) -> None:
    """Say in the JSON Schema, too, what must be given."""
    schema.update(exactly_one("path", "url"))
    schema["dependentRequired"] = {"url": ["sha256"]}


class ModelSource(Spec):
    """A model package of ymir or of YMIR 2.x, here or away."""

    model_config = ConfigDict(json_schema_extra=_source_schema)

    path: ReadablePath | None = Field(
        default=None,
        min_length=1,
        description="The tar.gz, absolute or relative to the workspace; inside `paths` of "
        "`Workspace`.",
    )
    url: Annotated[str, checked(data_address)] | None = Field(
        default=None, min_length=1, description="Where it is fetched from; needs `sha256`."
    )
    sha256: Sha256 | None = Field(
        default=None, description="The SHA-256 of the tar.gz: it is refused if it is another."
    )
    stage: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = Field(
        default=None, description="Which model of the package; by default the recommended one."
    )
    unknown_classes: Literal["stop", "keep"] = Field(
        default="stop",
        description="What if it detects a class that `Labels` does not name, also not as an alias: "
        "`stop`, or `keep` it under its own name.",
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give exactly one of `path` and `url`")
        if self.url is not None and self.sha256 is None:
            raise ValueError("`url` needs `sha256`: what comes from elsewhere must be known")
        return self

    @property
    def place(self) -> str:
        """Where the package is, for messages."""
        return str(self.path or self.url)


class ModelSpec(Spec):
    """A trained model from elsewhere, for `start_from`, `ymir predict` and `ymir model`."""

    apiVersion: ApiVersion  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Model"] = Field(description="What this document describes.")
    name: Annotated[Name, BeforeValidator(_own_name)] = Field(
        description="How projects refer to this model; not `scratch` or `previous`."
    )
    description: Description = ""
    from_: ModelSource = Field(alias="from", description="Where the package is.")
    executor: Annotated[Name, refers_to("Executor")] | None = Field(
        default=None,
        description="The `Executor` that runs it, where the package names one by another name.",
    )
    protect: Flag = Field(default=False, description="Never prune a version of it.")
    suspend: Suspend = False
