"""A program that trains, mines and infers, and what it may use."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, Strict, StringConstraints, model_validator

from ymir.spec.base import ApiVersion, Description, Name, Spec, exactly_one
from ymir.spec.scope import bundled_executor, checked

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Duration = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{0,8}[smhd]$"),
    Field(json_schema_extra={"patternErrorMessage": "a time such as `90s`, `30m`, `6h` or `7d`"}),
]
Size = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{0,8}[kmg]$"),
    Field(json_schema_extra={"patternErrorMessage": "a size such as `512m` or `16g`"}),
]


def seconds(duration: Duration) -> int:
    """`90s`, `30m`, `6h` or `7d` in seconds."""
    return int(duration[:-1]) * _UNITS[duration[-1]]


class Resources(Spec):
    """What one job may use."""

    gpus: Annotated[int, Strict()] = Field(default=0, ge=0, description="How many GPUs.")
    memory: Size | None = Field(default=None, description="Main memory (Docker backend).")
    shm: Size = Field(default="16g", description="Shared memory (Docker backend).")
    timeout: Duration = Field(default="24h", description="Longer jobs are stopped and have failed.")


class ExecutorSpec(Spec):
    """A program that trains, mines and infers: `bundled`, a `command`, or a container `image`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("bundled", "command", "image"))

    apiVersion: ApiVersion  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Executor"] = Field(description="What this document describes.")
    name: Name = Field(description="How projects refer to this executor.")
    description: Description = ""
    bundled: Annotated[Name, checked(bundled_executor)] | None = Field(
        default=None, description="An executor that ships with ymir, e.g. `tinydet`."
    )
    command: tuple[str, ...] = Field(
        default=(),
        description="Program and arguments; relative paths are seen from the workspace.",
    )
    image: str | None = Field(
        default=None, min_length=1, description="A container image (Docker backend)."
    )
    env: dict[str, str] = Field(default_factory=dict, description="Environment variables.")
    resources: Resources = Resources()

    @model_validator(mode="after")
    def _one_program(self) -> Self:
        if sum((self.bundled is not None, bool(self.command), self.image is not None)) != 1:
            raise ValueError("give exactly one of `bundled`, `command` and `image`")
        return self
