"""A program that trains, mines and infers, and what it may use."""

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, StringConstraints, model_validator

from ymir.spec.base import Name, Spec

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[smhd]$")]
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[kmg]$")]


def seconds(duration: Duration) -> int:
    """`90s`, `30m`, `6h` or `7d` in seconds."""
    return int(duration[:-1]) * _UNITS[duration[-1]]


class Resources(Spec):
    """What one job may use."""

    gpus: NonNegativeInt = 0
    memory: Size | None = None
    shm: Size = "16g"
    timeout: Duration = Field(default="24h", description="Longer jobs are stopped and have failed.")


class ExecutorSpec(Spec):
    """`Executor`: one of a bundled executor, a command, or a container image."""

    apiVersion: Literal["ymir/v1"]  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Executor"]
    name: Name
    description: str = ""
    bundled: Name | None = Field(default=None, description="An executor that ships with ymir.")
    command: tuple[str, ...] = Field(
        default=(),
        description="Program and arguments; relative paths are seen from the workspace.",
    )
    image: str | None = Field(default=None, description="A container image (Docker backend).")
    env: dict[str, str] = Field(default_factory=dict, description="Environment variables.")
    resources: Resources = Resources()

    @model_validator(mode="after")
    def _one_program(self) -> Self:
        if sum((self.bundled is not None, bool(self.command), self.image is not None)) != 1:
            raise ValueError("give exactly one of `bundled`, `command` and `image`")
        return self
