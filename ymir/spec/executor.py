"""A program that trains, mines and infers, and what it may use."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict

from ymir.spec.base import ApiVersion, Count, Description, Flag, Name, Spec, Suspend
from ymir.spec.scope import bundled_executor, checked

_IMAGE: dict[str, JsonValue] = {"required": ["image"]}
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
Variable = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=200),
    Field(json_schema_extra={"patternErrorMessage": "the name of a variable: `MY_NAME`"}),
]


def _without_nul(text: str) -> str:
    """Refuse what no program can be told."""
    if "\0" in text:
        raise ValueError("must be a text without the character NUL")
    return text


Plain = Annotated[str, AfterValidator(_without_nul)]


def seconds(duration: Duration) -> int:
    """`90s`, `30m`, `6h` or `7d` in seconds."""
    return int(duration[:-1]) * _UNITS[duration[-1]]


def as_duration(whole: int) -> Duration:
    """So many seconds as specs have them: `90s`, `30m`, `6h` or `7d`."""
    unit = next(unit for unit, long in reversed(_UNITS.items()) if whole % long == 0)
    return f"{whole // _UNITS[unit]}{unit}"


def size_in_bytes(size: Size) -> int:
    """`512m` or `16g` in bytes; the units are powers of 1024."""
    return int(size[:-1]) << {"k": 10, "m": 20, "g": 30}[size[-1]]


class Resources(Spec):
    """What one job may use."""

    gpus: Annotated[int, Strict()] = Field(default=0, ge=0, description="How many GPUs.")
    memory: Size | None = Field(
        default=None, description="Main memory; a job that takes more is ended, and told so."
    )
    cpus: Annotated[float, Strict()] | None = Field(
        default=None, gt=0, description="How many processors, also in parts (not with `process`)."
    )
    shm: Size = Field(default="16g", description="Shared memory (in containers).")
    pids: Count = Field(default=4096, description="The most processes and threads.")
    disk: Size | None = Field(default=None, description="The most that a job may write to `out/`.")
    timeout: Duration = Field(default="24h", description="Longer jobs are stopped and have failed.")


def _one_program() -> JsonDict:
    """What a JSON Schema says of the three, as the validator does, too."""
    forms: list[JsonValue] = [
        {"required": ["bundled"], "not": {"anyOf": [{"required": ["command"]}, _IMAGE]}},
        {"required": ["command"], "not": {"anyOf": [{"required": ["bundled"]}, _IMAGE]}},
        {**_IMAGE, "not": {"required": ["bundled"]}},
    ]
    return {"allOf": [{"oneOf": forms}]}


class ExecutorSpec(Spec):
    """A program that trains, mines and infers: `bundled`, a container `image`, or a `command`."""

    model_config = ConfigDict(json_schema_extra=_one_program())

    apiVersion: ApiVersion  # noqa: N815 - the spelling that Kubernetes users know
    kind: Literal["Executor"] = Field(description="What this document describes.")
    name: Name = Field(description="How projects refer to this executor.")
    description: Description = ""
    bundled: Annotated[Name, checked(bundled_executor)] | None = Field(
        default=None, description="An executor that ships with ymir, e.g. `tinydet`."
    )
    command: tuple[Plain, ...] = Field(
        default=(),
        description="Program and arguments; relative paths are seen from the workspace. Beside "
        "`image`: what runs in the container instead of the image's own command.",
    )
    image: str | None = Field(
        default=None, min_length=1, description="A container image (not with `process`)."
    )
    protocol: Literal["1.1.0", "1.0.0", "absent"] = Field(
        default="1.1.0",
        description="The version of YMIR's contract that the program speaks: `absent` is YMIR 1.1.",
    )
    network: Flag = Field(default=False, description="Whether its containers may use the network.")
    run_as_root: Flag = Field(
        default=False,
        description="Run as root in a container whose files may be written to, for images that "
        "need it.",
    )
    env: dict[Variable, Plain] = Field(default_factory=dict, description="Environment variables.")
    resources: Resources = Resources()
    suspend: Suspend = False

    @model_validator(mode="after")
    def _one_program(self) -> Self:
        if self.image is None and (self.bundled is not None) == bool(self.command):
            raise ValueError("give exactly one of `bundled`, `command` and `image`")
        if self.image is not None and self.bundled is not None:
            raise ValueError("give exactly one of `bundled`, `command` and `image`")
        return self
