"""Where a secret is found; its value never stands in a spec."""

from collections.abc import Iterator
from typing import Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ymir.spec.base import Spec, exactly_one
from ymir.spec.tree import Path


class SecretSource(Spec):
    """A secret by reference: `{env: NAME}` or `{file: PATH}`."""

    model_config = ConfigDict(json_schema_extra=exactly_one("env", "file"))

    env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = Field(
        default=None, description="The environment variable that holds it."
    )
    file: Annotated[str, StringConstraints(min_length=1)] | None = Field(
        default=None,
        description="The file whose first line it is; a relative path is seen from the workspace.",
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("give exactly one of `env` and `file`")
        return self

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return f"the environment variable `{self.env}`" if self.env else f"the file `{self.file}`"


def _by_reference(value: object) -> object:
    """Refuse a secret that is written out, without repeating it."""
    if isinstance(value, dict | SecretSource):
        return value
    raise ValueError("a secret is never written in a spec: say `{env: NAME}` or `{file: PATH}`")


Secret = Annotated[SecretSource, BeforeValidator(_by_reference, json_schema_input_type=Any)]


def references(value: JsonValue, path: Path = ()) -> Iterator[tuple[Path, SecretSource]]:
    """Every secret that plugins' parameters refer to, and where."""
    match value:
        case {"env": str(), **rest} | {"file": str(), **rest} if not rest:
            try:
                yield path, SecretSource.model_validate(value)
            except ValidationError:
                return  # what it is for says what is wrong with it
        case dict():
            for name, each in value.items():
                yield from references(each, (*path, name))
        case list() | tuple():
            for place, each in enumerate(value):
                yield from references(each, (*path, place))
