"""What all spec models share."""

from typing import Annotated, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo

from ymir.spec.complaints import Complaint, refuse
from ymir.spec.parameters import of_plugin
from ymir.spec.scope import scope_of

Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64),
    Field(
        description="A name: lower-case letters, digits and `-`.",
        json_schema_extra={"patternErrorMessage": "a name of lower-case letters, digits and `-`"},
    ),
]
ApiVersion = Annotated[Literal["ymir/v1"], Field(description="The version of this language.")]
Description = Annotated[str, Field(description="For people; ymir shows it and does not read it.")]
Seed = Annotated[
    int, Strict(), Field(ge=0, description="Start of the random choice: same seed, same choice.")
]
Count = Annotated[int, Strict(), Field(gt=0)]
Share = Annotated[float, Strict(), Field(gt=0, le=1)]
Flag = Annotated[bool, Strict()]
Suspend = Annotated[
    Flag,
    Field(
        description="Make nothing of it, nor what cannot be made without it; what exists stays "
        "usable."
    ),
]


def exactly_one(*fields: str) -> JsonDict:
    """What a JSON Schema says of fields of which one must be given, as a validator does, too."""
    one_each: list[JsonValue] = [{"required": [field]} for field in fields]
    return {"allOf": [{"oneOf": one_each}]}


def distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a name that is given twice; for use in validators."""
    first = {name: i for i, name in reversed(list(enumerate(names)))}
    repeats = (i for i, name in enumerate(names) if first[name] != i)
    refuse(Complaint((i,), f"`{names[i]}` is given twice") for i in repeats)
    return names


def _title(name: str, field: object) -> str:
    alias = field.alias if isinstance(field, FieldInfo) else None
    return alias or name


class Spec(BaseModel):
    """A frozen model that rejects unknown keys: a typo is an error, never a silent default."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        defer_build=True,  # most commands read few kinds
        model_title_generator=lambda model: model.__name__.removesuffix("Spec"),
        field_title_generator=_title,
    )


class Use(Spec):
    """A plugin by name, and the parameters it is called with."""

    plugins: ClassVar[str]

    use: Name
    with_: dict[str, JsonValue] = Field(
        default_factory=dict,
        alias="with",
        description="The plugin's own parameters.",
        validate_default=True,
    )

    @field_validator("with_")
    @classmethod
    def _fit_the_plugin(
        cls, given: dict[str, JsonValue], info: ValidationInfo
    ) -> dict[str, JsonValue]:
        scope, name = scope_of(info), info.data.get("use")
        if scope and name is not None:
            refuse(of_plugin(scope, cls.plugins, name, given))
        return given
