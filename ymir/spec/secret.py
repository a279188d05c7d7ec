"""Where a secret is found; its value never stands in a spec."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from ymir.spec.base import Spec, exactly_one


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
